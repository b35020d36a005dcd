import { useEffect, useState } from 'preact/hooks';
import { reconnect } from '../session';
import { store } from '../state';
import { useNow, useStore } from '../store';
import { t } from '../texts';

/** A connection that takes no longer than this is not worth a word. */
const PATIENCE_MS = 1_200;

/** Says what is the matter with the connection, and nothing while all is well. */
export function Banner() {
  const link = useStore(store, (state) => state.link);
  const [impatient, setImpatient] = useState(false);
  const online = link.status === 'online';
  useEffect(() => {
    setImpatient(false);
    if (online) return undefined;
    const timer = setTimeout(() => setImpatient(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [online]);

  if (link.status === 'refused') {
    const outdated = link.refusal.code === 'unsupported_version';
    return (
      <div class="banner banner--bad" role="alert">
        <p>{outdated ? t.link.outdated : t.refusal(link.refusal)}</p>
        <button type="button" class="button button--small" onClick={() => window.location.reload()}>
          {t.link.reload}
        </button>
      </div>
    );
  }
  if (online || !impatient) return <div class="banner banner--none" role="status" />;
  return (
    <div class="banner" role="status">
      <span class="spinner" aria-hidden="true" />
      <p>{link.status === 'waiting' && link.draining ? t.link.draining : lostWords()}</p>
      {link.status === 'waiting' ? <Retry at={link.retryAt} /> : null}
    </div>
  );
}

function lostWords(): string {
  return navigator.onLine ? t.link.lost : t.link.offline;
}

function Retry({ at }: { at: number }) {
  const now = useNow(500);
  const seconds = Math.max(1, Math.ceil((at - now) / 1000));
  return (
    <>
      <span class="banner__wait" aria-hidden="true">
        {t.link.retryIn(seconds)}
      </span>
      <button type="button" class="button button--small" onClick={reconnect}>
        {t.link.now}
      </button>
    </>
  );
}
