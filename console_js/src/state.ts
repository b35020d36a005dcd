import type { Link } from './link/connection';
import { type LogState, emptyLog } from './log/state';
import type { Tab } from './log/select';
import type { Outbox } from './outbox';
import { Store } from './store';
import type { Availability, Colleague, Operator, Refusal, Site, Visit } from './wire';

export interface Draft {
  kind: 'message' | 'note';
  text: string;
}

export interface Toast {
  id: number;
  text: string;
  tone: 'plain' | 'bad';
}

/** Somebody is writing, shown until `until` (epoch milliseconds). */
export interface Writing {
  name: string | null;
  from: 'visitor' | 'operator';
  until: number;
}

/** How far a list that comes in pages has been loaded. */
export interface Listing {
  loading: boolean;
  failed: Refusal | null;
  /** Whether the server may have more. */
  more: boolean;
  /** The cursor of the last one of the pages loaded so far: what the next is asked before. */
  before: number | null;
  /** When the last one of those pages was opened: what of the queue is known without a gap. */
  until: string | null;
  /** How many are on the screen at most. */
  shown: number;
}

/** Conversations on a page of a list. */
export const PAGE = 50;

export type Dialog =
  | { kind: 'close'; conversation: string }
  | { kind: 'transfer'; conversation: string }
  | { kind: 'redact'; message: string }
  | { kind: 'correct'; conversation: string; message: string; language: string }
  | { kind: 'shortcuts' };

export type Theme = 'system' | 'light' | 'dark';

export interface State {
  phase: 'starting' | 'unreachable' | 'signed_out' | 'signed_in';
  /** Why the sign-in page is shown, in words. */
  notice: string | null;
  me: Operator | null;
  availability: Availability;
  link: Link;
  log: LogState;
  sites: readonly Site[];
  colleagues: readonly Colleague[];
  /** Conversations waiting, by the server's count. */
  waiting: number;
  outbox: Outbox;
  drafts: Readonly<Record<string, Draft>>;
  tab: Tab;
  selected: string | null;
  /** Why a conversation could not be opened. */
  openFailed: Readonly<Record<string, Refusal>>;
  /** Conversations whose originals are all shown. */
  originals: Readonly<Record<string, boolean>>;
  writing: Readonly<Record<string, Writing>>;
  /** conversation id -> where its visitor is, of those that are looked at or one's own. */
  visits: Readonly<Record<string, Visit>>;
  listings: Readonly<Record<Tab, Listing>>;
  toasts: readonly Toast[];
  dialog: Dialog | null;
  details: boolean;
  /** The next conversation shown takes the keyboard: one was writing when it was chosen. */
  writeNext: boolean;
  sound: boolean;
  theme: Theme;
}

const unlisted: Listing = {
  loading: false,
  failed: null,
  more: false,
  before: null,
  until: null,
  shown: PAGE,
};

export const freshListings = { waiting: unlisted, mine: unlisted, closed: unlisted };

/** What a signed-out console knows; where one was stays in the address. */
export const signedOutState = {
  me: null,
  availability: 'offline',
  link: { status: 'connecting' },
  log: emptyLog,
  sites: [],
  colleagues: [],
  waiting: 0,
  outbox: [],
  drafts: {},
  openFailed: {},
  originals: {},
  writing: {},
  visits: {},
  listings: freshListings,
  dialog: null,
} satisfies Partial<State>;

export const store = new Store<State>({
  ...signedOutState,
  phase: 'starting',
  notice: null,
  tab: 'waiting',
  selected: null,
  toasts: [],
  details: false,
  writeNext: false,
  sound: false,
  theme: 'system',
});
