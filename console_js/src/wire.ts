/** The wire contract as the console reads it (docs/protocol.md). Unknown fields are ignored. */

export type Status = 'waiting' | 'assigned' | 'closed';
export type Availability = 'online' | 'away' | 'offline';
export type Sender = 'visitor' | 'operator' | 'system';
export type LanguageSource = 'pinned' | 'detected' | 'prior';
export type TranslationStatus =
  'translated' | 'same_language' | 'phrase' | 'corrected' | 'untranslated';

/** A refusal. `retry_after` in seconds. */
export interface Refusal {
  code: string;
  detail: string;
  retry_after?: number;
}

export interface Person {
  id: string;
  name: string;
}

export interface Page {
  url?: string;
  title?: string;
  referrer?: string;
  lang?: string;
}

/** Where a visitor is now; what the server does not know is left out. */
export interface Visit {
  here: 'here' | 'away' | 'gone';
  page?: Page;
  /** Those before, oldest first. */
  pages?: { url: string; title?: string; at: string }[];
  /** Whatever the shop tells of it. */
  cart?: Record<string, unknown> | null;
}

export interface Visitor {
  id: string;
  name: string | null;
  email: string | null;
  locale: string | null;
  page: Page | null;
  verified: boolean;
}

export interface Message {
  id: string;
  client_id: string;
  from: Sender;
  author: Person | null;
  text: string;
  language: string | null;
  /** Taken back: the text is empty. */
  redacted?: boolean;
}

export interface Translation {
  message_id: string;
  language: string;
  revision: number;
  text: string;
  status: TranslationStatus;
  reason?: string | null;
  route: string[];
  engine: string | null;
  ms: number;
}

export interface Summary {
  conversation_id: string;
  site: string;
  status: Status;
  operator: Person | null;
  visitor: Visitor;
  language: string | null;
  pinned: string | null;
  opened_at: string;
  updated_at: string;
  cursor: number;
  last_message: Message | null;
  last_translation: Translation | null;
}

export interface Operator {
  id: string;
  email: string;
  name: string;
  languages: string[];
  sites: string[];
  role: string;
  availability?: Availability;
}

export interface Colleague {
  id: string;
  name: string;
  languages: string[];
  availability: Availability;
}

export interface Site {
  key: string;
  name: string;
  languages: string[];
  default_language: string;
  max_message_length: number;
}

export interface Closer {
  from: Sender;
  id?: string;
  name?: string;
}

interface EventBase {
  /** Place in the log of the whole database; holes are normal. */
  cursor: number;
  conversation_id: string;
  /** UTC, RFC 3339. */
  at: string;
}

export type LogEvent = EventBase &
  (
    | { type: 'message'; message: Message }
    | {
        type: 'language';
        of: 'visitor' | 'operator';
        author_id: string;
        message_id?: string | null;
        language: string;
        confidence: number;
        source: LanguageSource;
        changed: boolean;
        /** What that one message is in; `language` is what its author's side speaks. */
        message_language?: string | null;
      }
    | ({ type: 'translation' } & Translation)
    | { type: 'queued'; site: string; visitor: Visitor }
    | { type: 'assigned'; operator: Person }
    | { type: 'transferred'; from: Person | null; to: Person }
    | { type: 'closed'; by: Closer }
    | { type: 'rated'; stars: number; comment?: string | null }
    | {
        type: 'contact';
        text: string;
        name?: string | null;
        email?: string | null;
        phone?: string | null;
      }
    | { type: 'note'; note: Note }
    | { type: 'redacted'; message_id: string }
    | { type: 'erased'; conversation_ids: string[] }
  );

export interface Note {
  id: string;
  /** The id that its writer's console made. */
  client_id: string;
  author: Person | null;
  text: string;
}

export interface Welcome {
  protocol: number;
  log: string;
  head: number;
  reset?: boolean;
  operator: Operator & { availability: Availability };
  conversations: Summary[];
  queue: { waiting: number };
  sites: Site[];
  operators: Colleague[];
}

export interface EventPage {
  events: LogEvent[];
  more: boolean;
}

export interface SyncPage extends EventPage {
  /** How far the server looked. */
  cursor: number;
}

export interface Typing {
  conversation_id: string;
  from: 'visitor' | 'operator';
  name?: string;
}

export interface Preview {
  translation: string;
  back_translation: string;
  /** Codes, the weightiest first. */
  warnings: string[];
  source: string;
  language: string;
  status: TranslationStatus;
}

/** What an operator reads of a text that is no message. */
export interface Aside {
  text: string;
  source: string;
  language: string;
  status: TranslationStatus;
  reason?: string;
  route: string[];
  engine: string | null;
}

export type Ack<T> = ({ ok: true } & T) | { ok: false; error: Refusal };
