import { useEffect } from 'preact/hooks';
import { visitorName } from '../log/select';
import { unreadTotal } from '../log/select';
import { start } from '../session';
import { store } from '../state';
import { useStore } from '../store';
import { t } from '../texts';
import { Banner } from './banner';
import { ConversationPane } from './conversation';
import { Dialogs } from './dialogs';
import { Sidebar } from './sidebar';
import { SignIn } from './sign_in';
import { Toasts } from './toasts';

export function App() {
  const phase = useStore(store, (state) => state.phase);
  const unread = useStore(store, (state) => unreadTotal(state.log));
  const who = useStore(store, (state) => {
    const shown = state.selected ? state.log.conversations[state.selected] : undefined;
    return shown && !shown.partial ? visitorName(shown.visitor) : null;
  });
  useEffect(() => {
    document.title = t.title(unread, who);
  }, [unread, who]);

  switch (phase) {
    case 'starting':
      return <Opening />;
    case 'unreachable':
      return <Unreachable />;
    case 'signed_out':
      return (
        <>
          <SignIn />
          <Toasts />
        </>
      );
    case 'signed_in':
      return <Workspace />;
  }
}

function Workspace() {
  const selected = useStore(store, (state) => state.selected);
  return (
    <div class={`shell ${selected ? 'shell--reading' : ''}`}>
      <Banner />
      <Sidebar />
      <ConversationPane key={selected ?? ''} id={selected} />
      <Dialogs />
      <Toasts />
    </div>
  );
}

function Opening() {
  return (
    <main class="splash" aria-busy="true">
      <h1 class="splash__line">
        <span class="spinner" aria-hidden="true" />
        {t.signIn.starting}
      </h1>
    </main>
  );
}

function Unreachable() {
  return (
    <main class="splash">
      <h1 class="splash__line">{t.signIn.startFailed}</h1>
      <button type="button" class="button button--primary" onClick={() => void start()}>
        {t.signIn.retry}
      </button>
    </main>
  );
}
