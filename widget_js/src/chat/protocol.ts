/** The wire contract as far as a visitor meets it (docs/protocol.md). */

export type Sender = "visitor" | "operator" | "system";
export type Availability = "online" | "away" | "offline";
export type TranslationStatus = "translated" | "same_language" | "phrase" | "corrected" | "untranslated";
export type Reason = "no_route" | "failed" | "timed_out" | "overloaded" | "unsafe_output" | "too_long";

export interface Author {
  readonly id: string;
  readonly name: string;
}

export interface WireMessage {
  readonly id: string;
  readonly client_id: string;
  readonly from: Sender;
  readonly author: Author | null;
  readonly text: string;
  readonly language: string | null;
  /** Taken back: the text is empty. */
  readonly redacted?: boolean;
}

interface EventBase {
  readonly cursor: number;
  readonly conversation_id: string;
  readonly at: string;
}

export type MessageEvent = EventBase & { readonly type: "message"; readonly message: WireMessage };

export type TranslationEvent = EventBase & {
  readonly type: "translation";
  readonly message_id: string;
  readonly language: string;
  readonly revision: number;
  readonly text: string;
  readonly status: TranslationStatus;
  readonly reason?: Reason | null;
  /** From the original's language to `language`, over the pivots. */
  readonly route?: readonly string[];
};

export type LanguageEvent = EventBase & {
  readonly type: "language";
  readonly of: "visitor" | "operator";
  /** Missing when it is about the person, not about one message. */
  readonly message_id?: string | null;
  /** Of that one message; `language` is what its author speaks. */
  readonly message_language?: string;
  readonly language: string;
  readonly source: "pinned" | "detected" | "prior";
};

export type AssignedEvent = EventBase & { readonly type: "assigned"; readonly operator: Author };
export type TransferredEvent = EventBase & { readonly type: "transferred"; readonly to: Author };
export type ClosedEvent = EventBase & { readonly type: "closed"; readonly by?: { readonly from: Sender } };
export type RatedEvent = EventBase & {
  readonly type: "rated";
  readonly stars: number;
  readonly comment?: string | null;
};
export type RedactedEvent = EventBase & { readonly type: "redacted"; readonly message_id: string };
export type ErasedEvent = EventBase & {
  readonly type: "erased";
  readonly conversation_ids: readonly string[];
};

/** A conversation waits, anew or again: nobody answers. */
export type QueuedEvent = EventBase & { readonly type: "queued" };

export type KnownEvent =
  | MessageEvent
  | TranslationEvent
  | LanguageEvent
  | QueuedEvent
  | AssignedEvent
  | TransferredEvent
  | ClosedEvent
  | RatedEvent
  | RedactedEvent
  | ErasedEvent;

/** Anything in the log. Types that are not known only move the cursor. */
export type LogEvent = KnownEvent | (EventBase & { readonly type: "contact" });

export interface SiteInfo {
  readonly name: string;
  readonly appearance: Readonly<Record<string, unknown>>;
  /** The shop's own texts, per language tag. */
  readonly texts: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly languages: readonly string[];
  /** Those of `languages` in which the visitor cannot be answered now. */
  readonly unserved: readonly string[];
  readonly default_language: string;
  readonly hold_ms: number;
  readonly max_message_length: number;
}

/** Who answers, and whether that person is online. */
export interface Owner {
  readonly name: string | null;
  readonly here: boolean;
}

export interface Welcome {
  readonly log: string;
  readonly head: number;
  readonly reset?: boolean;
  readonly token: string;
  readonly visitor_id: string;
  readonly conversation_id: string | null;
  readonly site: SiteInfo;
  readonly availability: Availability;
  readonly owner?: Owner | null;
  readonly language: string;
}

export interface WireError {
  readonly code: string;
  readonly detail: string;
  /** Seconds. */
  readonly retry_after?: number;
}

export interface Refusal {
  readonly ok: false;
  readonly error: WireError;
}

export type Ack<T extends object = object> = ({ readonly ok: true } & T) | Refusal;

export interface MessageAck {
  readonly message_id: string;
  readonly conversation_id: string;
  readonly cursor: number;
}

export interface Page {
  readonly events: readonly LogEvent[];
  readonly more: boolean;
}

export interface SyncPage extends Page {
  /** How far the server looked. */
  readonly cursor: number;
}
