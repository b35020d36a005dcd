import type { Closer, LogEvent, Message, Note, Person, Summary, Translation } from '../wire';

/** What the conversation is believed to speak, from its newest `language` event. */
export interface Belief {
  language: string;
  /** 0..1 */
  confidence: number;
  source: 'pinned' | 'detected' | 'prior';
}

/** One line of a conversation's timeline, in the order of `cursor`. */
export type Entry = { cursor: number; at: string } & (
  | { kind: 'message'; message: Message }
  | { kind: 'note'; note: Note }
  | { kind: 'queued' }
  | { kind: 'assigned'; operator: Person }
  | { kind: 'transferred'; from: Person | null; to: Person }
  | { kind: 'closed'; by: Closer }
  | { kind: 'rated'; stars: number; comment: string | null }
  | {
      /** Its text follows as a message. */
      kind: 'contact';
      name: string | null;
      email: string | null;
      phone: string | null;
    }
  | { kind: 'pinned'; of: 'visitor' | 'operator'; language: string }
  /** What the visitor speaks is detected again. */
  | { kind: 'unpinned' }
);

/** The loaded part of a conversation: everything from its oldest loaded entry on. */
export interface Timeline {
  entries: readonly Entry[];
  /** message id -> language -> newest revision; may hold those of messages not loaded yet. */
  translations: Readonly<Record<string, Readonly<Record<string, Translation>>>>;
  /** message id -> language it was found to be in, by the newest event about it. */
  detected: Readonly<Record<string, { language: string; cursor: number }>>;
  redacted: ReadonlySet<string>;
  belief: Belief | null;
  /** The cursor of the newest `language` event behind `belief`. */
  beliefCursor: number;
  /** Smallest cursor of any loaded event: what `history` asks before. Null while empty. */
  oldest: number | null;
  /** Whether the server has earlier messages or notes. */
  more: boolean;
  /** False until the first page has come; the stream may have brought events before. */
  loaded: boolean;
}

export interface Conversation extends Summary {
  /** Visitor messages that came and were not looked at. */
  unread: number;
  /** When the visitor's oldest unanswered message came, else null. */
  since: string | null;
  /** Made from an event, without a summary: to be opened before it can be shown whole. */
  partial: boolean;
}

/** What the log says, as far as this console has read it. */
export interface LogState {
  me: { id: string; reads: string } | null;
  log: string | null;
  /** Moved only by applied events and by `sync.cursor`. */
  cursor: number | null;
  conversations: Readonly<Record<string, Conversation>>;
  timelines: Readonly<Record<string, Timeline>>;
  /** Conversations that the server streams to this console because it opened them. */
  opened: readonly string[];
}

export const emptyTimeline: Timeline = {
  entries: [],
  translations: {},
  detected: {},
  redacted: new Set(),
  belief: null,
  beliefCursor: -1,
  oldest: null,
  more: false,
  loaded: false,
};

export const emptyLog: LogState = {
  me: null,
  log: null,
  cursor: null,
  conversations: {},
  timelines: {},
  opened: [],
};

export type LogAction =
  /** A (re)connection. `resumed`: a cursor was sent, so the missed events follow. */
  | {
      do: 'welcome';
      log: string;
      reset: boolean;
      resumed: boolean;
      me: { id: string; reads: string };
      conversations: readonly Summary[];
      /** conversation id -> id of the last visitor message that was looked at. */
      seen: Readonly<Record<string, string>>;
    }
  /** One event of the stream. `reading`: the conversation on the screen, nothing there is unread. */
  | { do: 'event'; event: LogEvent; reading: string | null }
  | { do: 'sync'; events: readonly LogEvent[]; cursor: number; reading: string | null }
  | { do: 'opening'; conversation: string }
  /** The newest page of a conversation (`open`). */
  | { do: 'open'; summary: Summary; events: readonly LogEvent[]; more: boolean }
  /** An older page (`history`). */
  | { do: 'history'; conversation: string; events: readonly LogEvent[]; more: boolean }
  /** A page of summaries from the REST API. */
  | { do: 'list'; conversations: readonly Summary[] }
  | { do: 'read'; conversation: string }
  /** The stream of this conversation ends: what was loaded would go stale. */
  | { do: 'left'; conversation: string }
  | { do: 'clear' };
