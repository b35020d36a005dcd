import { useEffect, useState } from 'preact/hooks';
import { showDialog, translateAgain } from '../actions';
import { duration, fullTime, languageName, routeText, timeOfDay } from '../format';
import { forVisitor, hasWords, reading, sourceOf, visitorName } from '../log/select';
import type { Conversation, Timeline } from '../log/state';
import { toast } from '../session';
import { store } from '../state';
import { useStore } from '../store';
import { t } from '../texts';
import type { Message, Note, Translation } from '../wire';
import { Icon, type IconName } from './icons';
import { Text } from './text';

/** After this a translation that has not come is not on its way (an old message, say). */
const ON_ITS_WAY_MS = 60_000;

interface MessageProps {
  message: Message;
  at: string;
  conversation: Conversation;
  timeline: Timeline;
  /** Goes on from the message before: no name, less space. */
  joined: boolean;
}

export function MessageView({ message, at, conversation, timeline, joined }: MessageProps) {
  const me = useStore(store, (state) => state.me);
  const supervises = me?.role !== 'operator';
  const reads = me?.languages[0] ?? 'en';
  const own = message.from === 'operator';
  const source = sourceOf(timeline, message);
  const mine = timeline.translations[message.id]?.[reads];
  const shown = reading(message, source, own && message.author?.id === me?.id ? undefined : mine);
  // Of what operators wrote, the other text is what the visitor was given to read.
  const theirs = own ? forVisitor(timeline, message, conversation.language, reads) : undefined;
  const told = own ? theirs : mine;
  const name = own
    ? message.author?.id === me?.id
      ? t.you
      : (message.author?.name ?? t.message.system)
    : message.from === 'system'
      ? t.message.system
      : visitorName(conversation.visitor);

  const side = message.from === 'visitor' ? 'visitor' : 'operator';
  if (timeline.redacted.has(message.id)) {
    return (
      <article class={`message message--${side} message--removed`}>
        <p class="message__body">{t.message.removed}</p>
      </article>
    );
  }
  return (
    <article
      class={`message message--${side} ${joined ? 'message--joined' : ''}`}
      data-message={message.id}
    >
      {joined ? null : (
        <p class="message__author">
          <bdi>{name}</bdi>
        </p>
      )}
      <Body
        message={message}
        at={at}
        conversation={conversation.conversation_id}
        shown={shown}
        source={source}
        told={told}
        theirs={theirs}
        may={{
          // As the server has it: who answers, whoever likes while nobody does, and supervisors.
          correct: supervises || [undefined, me.id].includes(conversation.operator?.id),
          takeBack: supervises || (own && message.author?.id === me.id),
        }}
      />
    </article>
  );
}

interface BodyProps {
  message: Message;
  at: string;
  conversation: string;
  shown: ReturnType<typeof reading>;
  source: string | null;
  /** The translation whose making is told beneath. */
  told: Translation | undefined;
  theirs: Translation | undefined;
  may: { correct: boolean; takeBack: boolean };
}

function Body({ message, at, conversation, shown, source, told, theirs, may }: BodyProps) {
  const all = useStore(store, (state) => state.originals[conversation] ?? false);
  const [own, setOwn] = useState<boolean | null>(null);
  useEffect(() => setOwn(null), [all]);
  const isAdmin = useStore(store, (state) => state.me?.role === 'admin');
  const other = otherText(message, shown, source, theirs);
  const open = other !== null && (own ?? all);
  const untranslated = told?.status === 'untranslated';
  // Without a translation there is nothing to correct; of an answer, what the visitor shall read
  // instead can still be written.
  const made = told?.status === 'translated' || told?.status === 'corrected';
  const correctable = may.correct && told && (made || (untranslated && theirs !== undefined));
  return (
    <div class="message__body">
      <Text text={shown.text} lang={shown.language} />
      {open ? (
        <div class="message__other">
          <p class="message__label">{other.label}</p>
          <Text text={other.text} lang={other.language} />
        </div>
      ) : null}
      {untranslated ? (
        <p class="message__problem">
          <Icon name="warning" />
          <span>
            {t.message.untranslated}: {t.reason(told.reason)}{' '}
            {t.remedy(told.reason, isAdmin, source, told.language)}
          </span>
          <button type="button" class="link-button" onClick={() => void translateAgain(message.id)}>
            {t.message.again}
          </button>
        </p>
      ) : null}
      <footer class="message__foot">
        <time dateTime={at} title={fullTime(at)}>
          {timeOfDay(at)}
        </time>
        <Making told={told} at={at} source={source} message={message} />
        {other ? (
          <button
            type="button"
            class="link-button message__toggle"
            aria-expanded={open}
            onClick={() => setOwn(!open)}
          >
            {open ? other.hide : other.show}
          </button>
        ) : null}
        <span class="message__tools">
          {correctable ? (
            <Tool
              icon="pencil"
              label={t.message.correct}
              onClick={() =>
                showDialog({
                  kind: 'correct',
                  conversation,
                  message: message.id,
                  language: told.language,
                })
              }
            />
          ) : null}
          {may.takeBack ? (
            <Tool
              icon="undo"
              label={t.message.takeBack}
              onClick={() => showDialog({ kind: 'redact', message: message.id })}
            />
          ) : null}
          <Tool
            icon="copy"
            label={t.message.copy}
            class="tool--copy"
            onClick={() => void copy(shown.text)}
          />
        </span>
      </footer>
    </div>
  );
}

interface ToolProps {
  icon: IconName;
  label: string;
  class?: string;
  onClick: () => void;
}

function Tool({ icon, label, class: given = '', onClick }: ToolProps) {
  return (
    <button
      type="button"
      class={`tool ${given}`}
      aria-label={label}
      title={label}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}

async function copy(text: string): Promise<void> {
  // Missing on plain http; there the text can still be selected.
  const clipboard = navigator.clipboard as Clipboard | undefined;
  if (!clipboard) return;
  await clipboard.writeText(text);
  toast(t.message.copied);
}

interface Other {
  label: string;
  text: string;
  language: string | null;
  show: string;
  hide: string;
}

/** The text of the other side: the original of what is shown, or what the visitor reads instead. */
function otherText(
  message: Message,
  shown: ReturnType<typeof reading>,
  source: string | null,
  theirs: Translation | undefined,
): Other | null {
  if (shown.translated) {
    return {
      label: source ? t.message.originalIn(languageName(source)) : t.message.asWritten,
      text: message.text,
      language: source,
      show: t.message.original,
      hide: t.message.hideOriginal,
    };
  }
  if (!theirs || theirs.status === 'untranslated' || theirs.status === 'same_language') return null;
  return {
    label: t.message.visitorReads(languageName(theirs.language)),
    text: theirs.text,
    language: theirs.language,
    show: t.message.sentAs,
    hide: t.message.hideSentAs,
  };
}

interface MakingProps {
  told: Translation | undefined;
  at: string;
  source: string | null;
  message: Message;
}

/** How the translation was made: route, engine, time. */
function Making({ told, at, source, message }: MakingProps) {
  const known = useStore(store, (state) => state.me?.languages) ?? [];
  if (!told) {
    const fresh = Date.now() - new Date(at).getTime() < ON_ITS_WAY_MS;
    if (fresh && message.from !== 'system') {
      return <span class="message__pending">{t.message.translating}</span>;
    }
    return source && hasWords(message.text) ? <span class="route">{source}</span> : null;
  }
  if (told.status === 'same_language') {
    // Also what has nothing to translate: then no language is shared, and none is to be named.
    const shared = source !== null && (source === told.language || known.includes(source));
    return shared && hasWords(message.text) ? (
      <span class="route">{`${source} · ${t.message.sameLanguage}`}</span>
    ) : null;
  }
  const how =
    told.status === 'corrected'
      ? t.message.corrected
      : told.status === 'phrase'
        ? t.message.phrase
        : told.engine;
  const timed = told.status === 'translated' ? duration(told.ms) : null;
  return (
    <span class="making">
      {told.route.length > 0 ? <span class="route">{routeText(told.route)}</span> : null}
      {how ? <span class={told.engine === how ? 'making__engine' : ''}>{how}</span> : null}
      {timed ? <span>{timed}</span> : null}
    </span>
  );
}

export function NoteView({ note, at }: { note: Note; at: string }) {
  return (
    <article class="note">
      <p class="note__head">
        <Icon name="note" />
        <strong>{note.author?.name ?? t.message.note}</strong>
        <span>{t.message.noteHint}</span>
        <time dateTime={at} title={fullTime(at)}>
          {timeOfDay(at)}
        </time>
      </p>
      <Text text={note.text} lang={null} />
    </article>
  );
}
