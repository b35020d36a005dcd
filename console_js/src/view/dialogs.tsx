import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { close, correct, redact, showDialog, transfer } from '../actions';
import { languageName } from '../format';
import { sourceOf, visitorName } from '../log/select';
import { type Dialog, store } from '../state';
import { useStore } from '../store';
import { availabilityName, t } from '../texts';
import { LanguageTag } from './parts';

const dismiss = () => showDialog(null);

export function Dialogs() {
  const dialog = useStore(store, (state) => state.dialog);
  if (!dialog) return null;
  switch (dialog.kind) {
    case 'close':
      return <CloseDialog id={dialog.conversation} />;
    case 'transfer':
      return <TransferDialog id={dialog.conversation} />;
    case 'correct':
      return <CorrectDialog {...dialog} />;
    case 'redact':
      return <RedactDialog message={dialog.message} />;
    case 'shortcuts':
      return <ShortcutsDialog />;
  }
}

/** A modal `<dialog>`: the browser keeps the focus inside and gives it back. */
function Modal({ heading, children }: { heading: string; children: ComponentChildren }) {
  const box = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    box.current?.showModal();
  }, []);
  return (
    <dialog
      class="dialog"
      ref={box}
      aria-labelledby={id}
      onClose={dismiss}
      onClick={(event) => {
        if (event.target === box.current) dismiss(); // the backdrop
      }}
    >
      <div class="dialog__inside">
        <h2 class="dialog__heading" id={id}>
          {heading}
        </h2>
        {children}
      </div>
    </dialog>
  );
}

/** Runs something that the server may refuse; the dialog stays until it has worked. */
function useDoing(run: () => Promise<boolean>): { busy: boolean; doIt: () => void } {
  const [busy, setBusy] = useState(false);
  const doIt = async () => {
    setBusy(true);
    if (await run()) dismiss();
    else setBusy(false);
  };
  return { busy, doIt: () => void doIt() };
}

function CloseDialog({ id }: { id: string }) {
  const who = useStore(store, (state) => {
    const conversation = state.log.conversations[id];
    return conversation ? visitorName(conversation.visitor) : '';
  });
  const draft = useStore(store, (state) => Boolean(state.drafts[id]?.text.trim()));
  const { busy, doIt } = useDoing(() => close(id));
  return (
    <Modal heading={t.close.heading}>
      <p>{t.close.body(who)}</p>
      {draft ? <p>{t.close.draft}</p> : null}
      <div class="dialog__buttons">
        <button type="button" class="button" onClick={dismiss}>
          {t.close.keep}
        </button>
        <button
          type="button"
          class="button button--primary"
          disabled={busy}
          onClick={doIt}
          autofocus
        >
          {t.close.confirm}
        </button>
      </div>
    </Modal>
  );
}

function RedactDialog({ message }: { message: string }) {
  const { busy, doIt } = useDoing(() => redact(message));
  return (
    <Modal heading={t.redact.heading}>
      <p>{t.redact.body}</p>
      <div class="dialog__buttons">
        <button type="button" class="button" onClick={dismiss} autofocus>
          {t.redact.keep}
        </button>
        <button type="button" class="button button--primary" disabled={busy} onClick={doIt}>
          {t.redact.confirm}
        </button>
      </div>
    </Modal>
  );
}

function TransferDialog({ id }: { id: string }) {
  const owner = useStore(store, (state) => state.log.conversations[id]?.operator?.id);
  const colleagues = useStore(store, (state) => state.colleagues);
  const others = colleagues.filter((one) => one.id !== owner);
  const [chosen, setChosen] = useState<string | null>(null);
  const to = others.find((one) => one.id === chosen);
  const { busy, doIt } = useDoing(async () => (to ? transfer(id, to) : false));
  return (
    <Modal heading={t.transfer.heading}>
      {others.length === 0 ? <p>{t.transfer.nobody}</p> : null}
      <div class="choices" role="radiogroup" aria-label={t.transfer.heading}>
        {others.map((one) => (
          <label key={one.id} class="choices__one">
            <input
              type="radio"
              name="colleague"
              checked={one.id === chosen}
              onChange={() => setChosen(one.id)}
            />
            <span class={`presence presence--${one.availability}`} aria-hidden="true" />
            <span class="choices__name">{one.name}</span>
            <small>{availabilityName(one.availability)}</small>
            {one.languages.map((tag) => (
              <LanguageTag key={tag} tag={tag} />
            ))}
          </label>
        ))}
      </div>
      <div class="dialog__buttons">
        <button type="button" class="button" onClick={dismiss}>
          {t.transfer.cancel}
        </button>
        {others.length > 0 ? (
          <button
            type="button"
            class="button button--primary"
            disabled={busy || !to}
            onClick={doIt}
          >
            {t.transfer.confirm}
          </button>
        ) : null}
      </div>
    </Modal>
  );
}

function CorrectDialog(given: Extract<Dialog, { kind: 'correct' }>) {
  const timeline = store.get().log.timelines[given.conversation];
  const entry = timeline?.entries.find(
    (one) => one.kind === 'message' && one.message.id === given.message,
  );
  const message = entry?.kind === 'message' ? entry.message : null;
  const source = timeline && message ? sourceOf(timeline, message) : null;
  const now = timeline?.translations[given.message]?.[given.language]?.text ?? '';
  const [text, setText] = useState(now);
  const { busy, doIt } = useDoing(() => correct(given.message, given.language, text));
  return (
    <Modal heading={t.correct.heading}>
      <p class="message__label">{t.correct.original(source ? languageName(source) : '')}</p>
      <p class="message__text dialog__quote" lang={source ?? undefined} dir="auto">
        {message?.text}
      </p>
      <label class="field">
        <span class="field__label">{t.correct.label(languageName(given.language))}</span>
        <textarea
          class="input input--area"
          rows={4}
          lang={given.language}
          dir="auto"
          autofocus
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <p class="dialog__hint">{t.correct.hint}</p>
      <div class="dialog__buttons">
        <button type="button" class="button" onClick={dismiss}>
          {t.correct.cancel}
        </button>
        <button
          type="button"
          class="button button--primary"
          disabled={busy || text.trim() === '' || text === now}
          onClick={doIt}
        >
          {t.correct.save}
        </button>
      </div>
    </Modal>
  );
}

function ShortcutsDialog() {
  return (
    <Modal heading={t.shortcuts.heading}>
      <dl class="keys">
        {t.shortcuts.rows.map(([keys, what]) => (
          <div key={keys} class="keys__one">
            <dt>{keys}</dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <div class="dialog__buttons">
        <button type="button" class="button button--primary" onClick={dismiss} autofocus>
          {t.shortcuts.close}
        </button>
      </div>
    </Modal>
  );
}
