import { type Handlers, Connection } from './link/connection';
import * as api from './link/api';
import { type Tab, front, lists, visitorName } from './log/select';
import { reduceLog } from './log/reduce';
import type { Conversation, LogAction } from './log/state';
import { forget, keep, recall } from './keep';
import * as box from './outbox';
import { chime } from './sound';
import {
  type Draft,
  type Listing,
  PAGE,
  type State,
  freshListings,
  signedOutState,
  store,
} from './state';
import { t } from './texts';
import { uuid } from './uuid';
import type { Ack, LogEvent, Operator, Summary, SyncPage, Welcome } from './wire';

/** How long "is writing" is shown after its last sign. */
const WRITING_MS = 6_000;
/** As many conversations as a connection may ask to be streamed. */
const OPEN_AT_MOST = 50;

let connection: Connection | null = null;
let resumed = false;
let sendTimer: ReturnType<typeof setTimeout> | undefined;
let toastId = 0;

// -- signing in and out ---------------------------------------------------------------------

/** Finds out who is signed in and goes on from there. */
export async function start(): Promise<void> {
  store.set({ phase: 'starting' });
  try {
    const me = await api.whoAmI();
    if (me) enter(me);
    else store.set({ phase: 'signed_out' });
  } catch {
    store.set({ phase: 'unreachable' });
  }
}

/** Throws `Refused`. */
export async function signIn(email: string, password: string): Promise<void> {
  enter(await api.login(email, password));
}

/** Ends the session here and on the server; drafts go too, the machine may be shared. */
export async function signOut(): Promise<void> {
  const me = store.get().me;
  connection?.stop();
  connection = null;
  try {
    await api.logout();
  } catch {
    toast(t.signIn.unreachable, 'bad');
  }
  if (me) for (const key of ['drafts', 'outbox']) forget('tab', `${key}.${me.id}`);
  leave(null);
}

function enter(me: Operator): void {
  const outbox = box.disconnected(recall<box.Outbox>('tab', `outbox.${me.id}`, []));
  store.set({
    ...signedOutState,
    phase: 'signed_in',
    notice: null,
    me,
    outbox: outbox.filter((item) => item.state !== 'acknowledged'),
    drafts: recall<Record<string, Draft>>('tab', `drafts.${me.id}`, {}),
  });
  connection = new Connection(handlers);
  connection.start();
}

function leave(notice: string | null): void {
  connection = null;
  store.set({ ...signedOutState, phase: 'signed_out', notice });
}

// -- the stream -----------------------------------------------------------------------------

const handlers: Handlers = {
  auth: () => {
    const { log, cursor, opened } = store.get().log;
    resumed = cursor !== null;
    const open = opened.slice(-OPEN_AT_MOST);
    return resumed ? { protocol: 1, log, cursor, open } : { protocol: 1 };
  },
  link: (link) => {
    store.set({ link });
    if (link.status !== 'online') store.set({ visits: {} }); // told anew with the next connection
    if (link.status !== 'online') changeOutbox(box.disconnected(store.get().outbox));
  },
  welcome: (welcome) => void welcomed(welcome),
  event: (event) => {
    dispatch({ do: 'event', event, reading: readingNow() });
    noticed(event);
  },
  head: (cursor) => {
    const known = store.get().log.cursor;
    if (known !== null && cursor > known) void sync(known);
  },
  presence: (operators) => {
    const mine = operators.find((one) => one.id === store.get().me?.id);
    store.set({
      colleagues: operators,
      ...(mine ? { availability: mine.availability } : {}),
    });
  },
  sites: (sites) => store.set({ sites }),
  queue: (waiting) => store.set({ waiting }),
  typing: ({ conversation_id, from, name }) => {
    const sign = { from, name: name ?? null, until: Date.now() + WRITING_MS };
    store.set({ writing: { ...store.get().writing, [conversation_id]: sign } });
    setTimeout(forgetWriting, WRITING_MS + 50);
  },
  visitor: (conversation, visit) =>
    store.set({ visits: { ...store.get().visits, [conversation]: visit } }),
  signedOut: (reason) => leave(t.signedOut(reason)),
};

async function welcomed(welcome: Welcome): Promise<void> {
  const fresh = !resumed || welcome.reset === true || welcome.log !== store.get().log.log;
  const me = welcome.operator;
  const { availability, log: known } = store.get();
  // A server that was restarted has forgotten what was chosen.
  const forgotten = known.me !== null && availability !== me.availability;
  dispatch({
    do: 'welcome',
    log: welcome.log,
    reset: welcome.reset ?? false,
    resumed,
    me: { id: me.id, reads: me.languages[0] ?? 'en' },
    conversations: welcome.conversations,
    seen: recall('browser', `seen.${me.id}`, {}),
  });
  store.set({
    me,
    availability: me.availability,
    sites: welcome.sites,
    colleagues: welcome.operators,
    waiting: welcome.queue.waiting,
    ...(fresh ? { listings: listingsAfter(welcome) } : {}),
  });
  flush();
  if (forgotten) {
    const answer = await call('availability', { status: availability });
    if (answer.ok) store.set({ availability });
  }
  // A cursor of one's own, by the only two ways a cursor moves: here by `sync`.
  if (fresh) await sync(welcome.head);
  const { selected } = store.get();
  if (selected) await open(selected);
  for (const one of Object.values(store.get().log.conversations)) {
    if (one.partial) await adopt(one.conversation_id); // heard of just before the connection went
  }
  if (store.get().tab === 'closed') await loadList('closed');
}

function listingsAfter(welcome: Welcome): typeof freshListings {
  const first = (status: Summary['status']) =>
    welcome.conversations.filter((one) => one.status === status);
  const queue = first('waiting');
  const assigned = first('assigned');
  const { waiting, mine, closed } = freshListings;
  // The page of the welcome may be cut: what lies beyond it is asked for.
  return {
    waiting: { ...waiting, ...placeAfter(queue, welcome.queue.waiting > queue.length) },
    mine: { ...mine, ...placeAfter(assigned, assigned.length >= PAGE) },
    closed: { ...closed, more: true },
  };
}

/** Where a list goes on after a page of it. */
function placeAfter(page: readonly Summary[], more: boolean): Partial<Listing> {
  const last = page.at(-1);
  return last ? { more, before: last.cursor, until: last.opened_at } : { more };
}

async function sync(from: number): Promise<void> {
  let cursor = from;
  for (;;) {
    const answer = await call<SyncPage>('sync', { cursor });
    if (!answer.ok) return; // the next `head` or the next connection asks again
    dispatch({
      do: 'sync',
      events: answer.events,
      cursor: answer.cursor,
      reading: readingNow(),
    });
    if (!answer.more || answer.cursor <= cursor) return;
    cursor = answer.cursor;
  }
}

/** What an event means besides the log: sound, notice, outbox, an opening that is due. */
function noticed(event: LogEvent): void {
  const { log, me, sound } = store.get();
  if (event.type === 'message' && event.message.from === 'visitor') {
    if (sound && readingNow() !== event.conversation_id) chime();
    forgetWriting(event.conversation_id);
  }
  if (event.type === 'transferred' && event.to.id === me?.id && event.from?.id !== me.id) {
    const conversation = log.conversations[event.conversation_id];
    const who = conversation && !conversation.partial ? visitorName(conversation.visitor) : '…';
    toast(t.transfer.toYou(event.from?.name ?? t.transfer.aColleague, who));
  }
}

// -- the log and what follows from it -------------------------------------------------------

/** Every change of the log goes through here. */
export function dispatch(action: LogAction): void {
  const before = store.get().log;
  const log = reduceLog(before, action);
  if (log === before) return;
  store.set({ log });
  if (action.do === 'event') settle([action.event]);
  if (action.do === 'sync' || action.do === 'open' || action.do === 'history')
    settle(action.events);
  for (const conversation of Object.values(log.conversations)) {
    const known = before.conversations[conversation.conversation_id];
    if (conversation.partial && !known) void adopt(conversation.conversation_id);
  }
}

/** Learns who is behind a conversation that an event has brought up, without looking at it. */
async function adopt(id: string): Promise<void> {
  await open(id);
  if (store.get().selected !== id) putAway(id);
}

/** Ends what `open` began. */
export function putAway(id: string): void {
  void call('leave', { conversation_id: id });
  dispatch({ do: 'left', conversation: id });
}

function settle(events: readonly LogEvent[]): void {
  let outbox = store.get().outbox;
  for (const event of events) {
    if (event.type === 'message') outbox = box.remove(outbox, event.message.client_id);
    if (event.type === 'note') outbox = box.remove(outbox, event.note.client_id);
    if (event.type === 'erased') {
      outbox = box.removeConversations(outbox, event.conversation_ids);
      const drafts = { ...store.get().drafts };
      for (const id of event.conversation_ids) Reflect.deleteProperty(drafts, id);
      changeDrafts(drafts);
      const { selected, tab } = store.get();
      if (selected && event.conversation_ids.includes(selected)) {
        toast(t.conversation.erased);
        window.location.hash = `#/${tab}`;
      }
    }
  }
  outbox = box.arrived(outbox, store.get().log.cursor ?? -1);
  if (outbox !== store.get().outbox) changeOutbox(outbox);
}

/** The conversation that is being looked at, if any: its messages are read as they come. */
export function readingNow(): string | null {
  return document.visibilityState === 'visible' ? store.get().selected : null;
}

/** Marks the conversation on the screen as read and remembers that for the next reload. */
export function markRead(): void {
  const id = readingNow();
  const { log, me } = store.get();
  const last = id ? log.conversations[id]?.last_message : null;
  if (!id || !last || !me) return;
  dispatch({ do: 'read', conversation: id });
  const seen = recall<Record<string, string>>('browser', `seen.${me.id}`, {});
  if (last.from !== 'visitor' || seen[id] === last.id) return;
  const known = Object.entries(seen).filter(([one]) => log.conversations[one]);
  keep('browser', `seen.${me.id}`, { ...Object.fromEntries(known), [id]: last.id });
}

/** Loads a conversation and has the server stream it. */
export async function open(id: string): Promise<void> {
  dispatch({ do: 'opening', conversation: id });
  const rest = { ...store.get().openFailed };
  Reflect.deleteProperty(rest, id);
  store.set({ openFailed: rest });
  interface Answer {
    conversation: Summary;
    events: LogEvent[];
    more: boolean;
  }
  const answer = await call<Answer>('open', { conversation_id: id });
  if (answer.ok) {
    dispatch({
      do: 'open',
      summary: answer.conversation,
      events: answer.events,
      more: answer.more,
    });
  } else if (answer.error.code !== 'offline') {
    store.set({ openFailed: { ...store.get().openFailed, [id]: answer.error } });
  }
}

/** What of a list may be on the screen: of the queue its front, else all that is known. */
export function listed(state: State, tab: Tab): Conversation[] {
  const list = lists(state.log)[tab];
  const { more, until } = state.listings[tab];
  return tab === 'waiting' ? front(list, more ? until : null) : list;
}

/** Room for another page on the screen, and that page where it is not known yet. */
export async function showMore(tab: Tab): Promise<void> {
  const listing = store.get().listings[tab];
  const known = listed(store.get(), tab).length;
  const shown = known < listing.shown ? listing.shown : listing.shown + PAGE;
  setListing(tab, { shown });
  if (known < shown) await loadList(tab);
}

/** The next page of a list; the first one when nothing is loaded. */
export async function loadList(tab: Tab): Promise<void> {
  const listing = store.get().listings[tab];
  if (listing.loading || !listing.more) return;
  const status = tab === 'mine' ? 'assigned' : tab;
  setListing(tab, { loading: true, failed: null });
  try {
    const page = await api.conversations(status, listing.before, PAGE);
    dispatch({ do: 'list', conversations: page });
    setListing(tab, { loading: false, ...placeAfter(page, page.length === PAGE) });
  } catch (error) {
    if (!(error instanceof api.Refused)) throw error;
    if (error.refusal.code === 'unauthorized') {
      connection?.stop();
      leave(t.signedOut('expired'));
      return;
    }
    setListing(tab, { loading: false, failed: error.refusal });
  }
}

function setListing(tab: Tab, change: Partial<Listing>): void {
  const { listings } = store.get();
  store.set({ listings: { ...listings, [tab]: { ...listings[tab], ...change } } });
}

// -- calls ----------------------------------------------------------------------------------

/** Calls the server; `offline` when there is no connection. */
export async function call<T = object>(
  event: string,
  payload: Record<string, unknown>,
): Promise<Ack<T>> {
  return connection
    ? connection.call<T>(event, payload)
    : { ok: false, error: { code: 'offline', detail: '' } };
}

/** A call that changes something. Asked twice with the same id when the first answer is lost. */
export async function change<T = object>(
  event: string,
  payload: Record<string, unknown>,
): Promise<Ack<T>> {
  const given = { id: uuid(), ...payload };
  const answer = await call<T>(event, given);
  return !answer.ok && answer.error.code === 'timeout' ? call<T>(event, given) : answer;
}

export function reconnect(): void {
  connection?.tryNow();
}

// -- what is on its way ---------------------------------------------------------------------

export function changeOutbox(outbox: box.Outbox): void {
  const { me } = store.get();
  store.set({ outbox });
  if (me) keep('tab', `outbox.${me.id}`, outbox);
}

export function changeDrafts(drafts: Readonly<Record<string, Draft>>): void {
  const { me } = store.get();
  store.set({ drafts });
  if (me) keep('tab', `drafts.${me.id}`, drafts);
}

/** Sends what may be sent now. */
export function flush(): void {
  clearTimeout(sendTimer);
  if (store.get().link.status !== 'online') return;
  for (const item of box.due(store.get().outbox, Date.now())) void send(item);
  const wait = box.nextDue(store.get().outbox, Date.now());
  if (wait !== null) sendTimer = setTimeout(flush, wait);
}

async function send(item: box.Outgoing): Promise<void> {
  changeOutbox(box.sending(store.get().outbox, item.id));
  const { id, conversation: conversation_id, text } = item;
  const answer = await call<{ cursor?: number }>(item.kind, { id, conversation_id, text });
  const { outbox, log } = store.get();
  if (answer.ok) {
    const had = box.acknowledged(outbox, id, answer.cursor ?? null);
    changeOutbox(box.arrived(had, log.cursor ?? -1));
  } else if (answer.error.code === 'offline' || answer.error.code === 'timeout') {
    changeOutbox(box.again(outbox, id));
  } else {
    changeOutbox(box.refused(outbox, id, answer.error, Date.now()));
    // Somebody else's now, or over: show what is true instead of what was expected.
    const over = answer.error.code === 'forbidden' || answer.error.code === 'closed';
    if (over && store.get().selected === conversation_id) await open(conversation_id);
  }
  flush();
}

// -- small things ---------------------------------------------------------------------------

export function toast(text: string, tone: 'plain' | 'bad' = 'plain'): void {
  toastId += 1;
  const id = toastId;
  store.set({ toasts: [...store.get().toasts.slice(-3), { id, text, tone }] });
  setTimeout(() => dismiss(id), tone === 'bad' ? 9_000 : 5_000);
}

export function dismiss(id: number): void {
  store.set({ toasts: store.get().toasts.filter((one) => one.id !== id) });
}

function forgetWriting(of?: string): void {
  const now = Date.now();
  const still = Object.entries(store.get().writing).filter(
    ([id, sign]) => id !== of && sign.until > now,
  );
  if (still.length !== Object.keys(store.get().writing).length) {
    store.set({ writing: Object.fromEntries(still) });
  }
}
