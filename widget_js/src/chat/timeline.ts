/**
 * The conversation as a pure function of the log's events.
 *
 * Everything is keyed by the event's cursor or the message's id, so events may come twice, and
 * translations before or after their message. Fields that only the latest event decides (language,
 * closed, who answers) remember the cursor that set them: a page of history never undoes the present.
 */
import type { Author, KnownEvent, LogEvent, Sender, TranslationEvent } from "./protocol";

export interface TimelineMessage {
  readonly id: string;
  readonly clientId: string;
  readonly conversationId: string;
  readonly cursor: number;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly from: Sender;
  readonly author: Author | null;
  readonly text: string;
  readonly language: string | null;
  /** Until then (epoch milliseconds) the message may wait for its translation; null: never held. */
  readonly heldUntil: number | null;
}

export interface Notice {
  readonly cursor: number;
  readonly at: number;
  readonly kind: "joined" | "closed";
  readonly name: string;
}

type Latest<T> = Readonly<{ cursor: number; value: T }>;

export interface Timeline {
  /** The last event applied from the stream; null before the first. History does not move it. */
  readonly cursor: number | null;
  readonly messages: ReadonlyMap<string, TimelineMessage>;
  /** By message id, then by language: the highest revision. */
  readonly translations: ReadonlyMap<string, ReadonlyMap<string, TranslationEvent>>;
  /** By message id: the language it was found to be written in. */
  readonly written: ReadonlyMap<string, string>;
  readonly notices: ReadonlyMap<number, Notice>;
  readonly redacted: ReadonlySet<string>;
  /** The languages the visitor has been read in, the present one last. */
  readonly languages: readonly string[];
  /** The cursor of the latest `language` event about the visitor; -1 before the first. */
  readonly languageCursor: number;
  /** Whether the visitor's language was chosen, not found. */
  readonly pinned: boolean;
  /** The visitor's language, once a message or the visitor has told it. */
  readonly spoken: string | null;
  /** Who answers; nobody while the conversation waits. */
  readonly operator: Latest<Author | null> | null;
  readonly rating: Latest<{ readonly conversation: string; readonly stars: number; readonly comment: string | null }> | null;
  readonly conversation: Latest<{ readonly id: string; readonly closed: boolean }> | null;
}

export const emptyTimeline: Timeline = {
  cursor: null,
  messages: new Map(),
  translations: new Map(),
  written: new Map(),
  notices: new Map(),
  redacted: new Set(),
  languages: [],
  languageCursor: -1,
  pinned: false,
  spoken: null,
  operator: null,
  rating: null,
  conversation: null,
};

export interface ApplyContext {
  /** Epoch milliseconds. */
  readonly now: number;
  /** `welcome.head`: what is not newer is history and never held. */
  readonly head: number;
  readonly holdMs: number;
  /** False for a page of history: it leaves the cursor where it is. */
  readonly stream: boolean;
}

/** `languages` with `language` moved to the end. */
export function readingIn(timeline: Timeline, language: string): Timeline {
  if (timeline.languages.at(-1) === language) return timeline;
  return { ...timeline, languages: [...timeline.languages.filter((tag) => tag !== language), language] };
}

/** The stream has been looked at up to `cursor` (from `sync`). Never moves back. */
export function movedTo(timeline: Timeline, cursor: number): Timeline {
  return cursor > (timeline.cursor ?? -1) ? { ...timeline, cursor } : timeline;
}

/** Apply one event of the log. Unknown types only move the cursor. */
export function apply(timeline: Timeline, event: LogEvent, context: ApplyContext): Timeline {
  const next = reduce(timeline, event as KnownEvent, context);
  return context.stream ? movedTo(next, event.cursor) : next;
}

function newer<T>(known: Latest<T> | null, cursor: number, value: T): Latest<T> | null {
  return known && known.cursor > cursor ? known : { cursor, value };
}

function withNotice(timeline: Timeline, event: KnownEvent, kind: Notice["kind"], name: string): Timeline {
  const notice = { cursor: event.cursor, at: Date.parse(event.at), kind, name };
  return { ...timeline, notices: new Map(timeline.notices).set(event.cursor, notice) };
}

function reduce(timeline: Timeline, event: KnownEvent, context: ApplyContext): Timeline {
  switch (event.type) {
    case "message": {
      const { message } = event;
      if (message.redacted && !timeline.redacted.has(message.id)) {
        // Taken back in a part of the log that is not here.
        const told = { ...event, type: "redacted", message_id: message.id } as const;
        return reduce(reduce(timeline, told, context), event, context);
      }
      const held =
        message.from === "operator" && event.cursor > context.head && context.stream && context.holdMs > 0;
      const entry: TimelineMessage = timeline.messages.get(message.id) ?? {
        id: message.id,
        clientId: message.client_id,
        conversationId: event.conversation_id,
        cursor: event.cursor,
        at: Date.parse(event.at),
        from: message.from,
        author: message.author,
        text: timeline.redacted.has(message.id) ? "" : message.text,
        language: message.language,
        heldUntil: held ? context.now + context.holdMs : null,
      };
      const reopened = timeline.conversation?.value.id !== event.conversation_id;
      return {
        ...timeline,
        messages: new Map(timeline.messages).set(message.id, entry),
        conversation: reopened
          ? newer(timeline.conversation, event.cursor, { id: event.conversation_id, closed: false })
          : timeline.conversation,
      };
    }
    case "translation": {
      const known = timeline.translations.get(event.message_id);
      const before = known?.get(event.language);
      if (before && before.revision >= event.revision) return timeline;
      if (timeline.redacted.has(event.message_id)) return timeline;
      const languages = new Map(known).set(event.language, event);
      return {
        ...timeline,
        translations: new Map(timeline.translations).set(event.message_id, languages),
      };
    }
    case "language": {
      const { message_id: id, language, source } = event;
      const own = event.message_language ?? language;
      const next = id ? { ...timeline, written: new Map(timeline.written).set(id, own) } : timeline;
      if (event.of !== "visitor" || event.cursor < timeline.languageCursor) return next;
      // What is only assumed decides what to read in, but nobody has said it; what was chosen has
      // been said until it is taken back.
      const said = timeline.pinned ? null : timeline.spoken;
      const spoken = source === "prior" ? said : language;
      return { ...readingIn(next, language), languageCursor: event.cursor, pinned: source === "pinned", spoken };
    }
    case "queued":
      return { ...timeline, operator: newer<Author | null>(timeline.operator, event.cursor, null) };
    case "assigned":
    case "transferred": {
      const operator = event.type === "assigned" ? event.operator : event.to;
      return {
        ...withNotice(timeline, event, "joined", operator.name),
        operator: newer<Author | null>(timeline.operator, event.cursor, operator),
      };
    }
    case "closed": {
      const conversation = { id: event.conversation_id, closed: true };
      return {
        ...withNotice(timeline, event, "closed", ""),
        conversation: newer(timeline.conversation, event.cursor, conversation),
      };
    }
    case "rated": {
      const { conversation_id: conversation, stars, comment = null } = event;
      return { ...timeline, rating: newer(timeline.rating, event.cursor, { conversation, stars, comment }) };
    }
    case "redacted": {
      const redacted = new Set(timeline.redacted).add(event.message_id);
      const message = timeline.messages.get(event.message_id);
      const translations = new Map(timeline.translations);
      translations.delete(event.message_id);
      const messages = new Map(timeline.messages);
      if (message) messages.set(message.id, { ...message, text: "" });
      return { ...timeline, redacted, translations, messages };
    }
    case "erased":
      return erase(timeline, new Set(event.conversation_ids));
    default:
      return timeline;
  }
}

function erase(timeline: Timeline, ids: ReadonlySet<string>): Timeline {
  const kept = [...timeline.messages].filter(([, message]) => !ids.has(message.conversationId));
  const messages = new Map(kept);
  const translations = [...timeline.translations].filter(([id]) => messages.has(id));
  const gone = timeline.conversation !== null && ids.has(timeline.conversation.value.id);
  return {
    ...timeline,
    messages,
    translations: new Map(translations),
    notices: gone ? new Map() : timeline.notices,
    operator: gone ? null : timeline.operator,
    rating: gone ? null : timeline.rating,
    conversation: gone ? null : timeline.conversation,
  };
}

/** Where the first message shown is in the log; undefined when there is none. */
export function firstCursor(timeline: Timeline): number | undefined {
  const cursors = [...timeline.messages.values()].map((message) => message.cursor);
  return cursors.length ? Math.min(...cursors) : undefined;
}
