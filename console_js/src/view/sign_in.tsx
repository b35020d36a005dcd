import { useState } from 'preact/hooks';
import { Refused } from '../link/api';
import { signIn } from '../session';
import { store } from '../state';
import { useStore } from '../store';
import { t } from '../texts';
import type { Refusal } from '../wire';
import { Mark } from './parts';

function words(refusal: Refusal): string {
  switch (refusal.code) {
    case 'unauthorized':
    case 'bad_request':
    case 'forbidden':
      return t.signIn.wrong;
    case 'rate_limited':
      return t.signIn.limited(refusal.retry_after);
    case 'offline':
      return t.signIn.unreachable;
    default:
      return t.refusal(refusal);
  }
}

export function SignIn() {
  const notice = useStore(store, (state) => state.notice);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const value = (name: string) => (form.elements.namedItem(name) as HTMLInputElement).value;
    const email = value('email').trim();
    const password = value('password');
    if (!email || !password) {
      setProblem(t.signIn.missing);
      return;
    }
    setBusy(true);
    setProblem(null);
    try {
      await signIn(email, password);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      setProblem(words(error.refusal));
      setBusy(false);
      (form.elements.namedItem('password') as HTMLInputElement).select();
    }
  };

  return (
    <main class="door">
      <form class="door__card" onSubmit={(event) => void submit(event)} noValidate>
        <Mark />
        <h1 class="door__heading">{t.signIn.heading}</h1>
        <p class="door__lead">{t.signIn.lead}</p>
        {notice && !problem ? <p class="notice">{notice}</p> : null}
        <p class="notice notice--bad" role="alert" hidden={!problem}>
          {problem}
        </p>
        <label class="field">
          <span class="field__label">{t.signIn.email}</span>
          <input
            class="input"
            type="email"
            name="email"
            autocomplete="username"
            autocapitalize="none"
            spellcheck={false}
            autofocus
          />
        </label>
        <label class="field">
          <span class="field__label">{t.signIn.password}</span>
          <input class="input" type="password" name="password" autocomplete="current-password" />
        </label>
        <button class="button button--primary button--wide" type="submit" disabled={busy}>
          {busy ? t.signIn.busy : t.signIn.submit}
        </button>
      </form>
    </main>
  );
}
