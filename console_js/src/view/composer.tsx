import { useEffect, useRef } from 'preact/hooks';
import { post, write } from '../actions';
import { routeText } from '../format';
import { visitorName } from '../log/select';
import type { Conversation } from '../log/state';
import { type Draft, store } from '../state';
import { useStore } from '../store';
import { t } from '../texts';
import { Icon } from './icons';
import { PreviewPanel, usePreview } from './preview';

const DEFAULT_LIMIT = 4_000;
/** From here on the remaining length is shown. */
const NEAR_LIMIT = 200;

interface ComposerProps {
  conversation: Conversation;
  /** The conversation is not this operator's: only colleagues can be written to. */
  notesOnly: boolean;
}

export function Composer({ conversation, notesOnly }: ComposerProps) {
  const { conversation_id: id } = conversation;
  const kept = useStore(store, (state) => state.drafts[id]);
  const me = useStore(store, (state) => state.me);
  const limit = useStore(
    store,
    (state) =>
      state.sites.find((one) => one.key === conversation.site)?.max_message_length ?? DEFAULT_LIMIT,
  );
  const kind: Draft['kind'] = notesOnly ? 'note' : (kept?.kind ?? 'message');
  // A reply that was begun is not turned into a note when the conversation changes hands.
  const text = notesOnly && kept?.kind === 'message' ? '' : (kept?.text ?? '');
  const isNote = kind === 'note';
  const box = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (!store.get().writeNext) return;
    store.set({ writeNext: false });
    box.current?.focus();
  }, []);
  const preview = usePreview(id, isNote ? '' : text);
  const left = limit - Array.from(text).length;
  const sendable = text.trim() !== '' && left >= 0;

  const send = () => {
    if (!sendable) return;
    if (post(id, { kind, text })) preview.close();
    box.current?.focus();
  };
  const keys = (event: KeyboardEvent) => {
    if (event.isComposing) return;
    if (event.key === 'Enter' && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      send();
    } else if (event.altKey && event.code === 'KeyP' && !isNote) {
      event.preventDefault();
      preview.ask();
    } else if (event.key === 'Escape') {
      event.stopPropagation();
      if (preview.shown) preview.close();
      else box.current?.blur();
    }
  };
  const become = (next: Draft['kind']) => {
    write(id, { kind: next, text });
    box.current?.focus();
  };
  const name = visitorName(conversation.visitor);
  const reads = me?.languages[0] ?? 'en';

  return (
    <section
      class={`composer ${isNote ? 'composer--note' : ''} ${notesOnly ? 'composer--slim' : ''} ${notesOnly && text ? 'composer--written' : ''}`}
    >
      {preview.shown && !isNote ? <PreviewPanel preview={preview} /> : null}
      <div class="composer__box">
        <div class="grow" data-value={`${text}\n`}>
          <textarea
            ref={box}
            id={notesOnly ? 'note' : 'reply'}
            class="composer__text"
            rows={1}
            dir="auto"
            aria-label={isNote ? t.composer.noteLabel : t.composer.label}
            placeholder={isNote ? t.composer.notePlaceholder : t.composer.placeholder(name)}
            value={text}
            onInput={(event) => write(id, { kind, text: event.currentTarget.value })}
            onKeyDown={keys}
          />
        </div>
        <div class="composer__bar">
          {notesOnly ? null : (
            <div class="segments" role="group" aria-label={t.composer.mode}>
              <button
                type="button"
                class="segments__one"
                aria-pressed={!isNote}
                onClick={() => become('message')}
              >
                {t.composer.reply}
              </button>
              <button
                type="button"
                class="segments__one"
                aria-pressed={isNote}
                onClick={() => become('note')}
              >
                {t.composer.note}
              </button>
            </div>
          )}
          <span class="composer__hint" title={t.composer.keys}>
            {isNote ? t.message.noteHint : hint(reads, conversation.language)}
          </span>
          <span class="composer__route route">
            {!isNote && conversation.language ? routeText([reads, conversation.language]) : null}
          </span>
          {left < NEAR_LIMIT ? (
            <span class={`composer__left ${left < 0 ? 'composer__left--over' : ''}`} role="status">
              {left < 0 ? t.composer.tooLong(-left) : t.composer.left(left)}
            </span>
          ) : null}
          {isNote ? null : (
            <button
              type="button"
              class="button button--quiet composer__preview"
              disabled={text.trim() === ''}
              aria-pressed={preview.shown}
              aria-label={t.composer.preview}
              onClick={preview.shown ? preview.close : preview.ask}
            >
              <Icon name="eye" />
              <span class="composer__word">{t.composer.preview}</span>
            </button>
          )}
          <button
            type="button"
            class={`button ${isNote ? 'button--note' : 'button--primary'}`}
            disabled={!sendable}
            onClick={send}
          >
            <Icon name={isNote ? 'note' : 'send'} />
            {isNote ? t.composer.addNote : t.composer.send}
          </button>
        </div>
      </div>
    </section>
  );
}

function hint(reads: string, language: string | null): string {
  if (!language) return t.composer.hintUnknown;
  return language === reads ? t.composer.hintSame(language) : t.composer.hint(reads, language);
}
