/** What the operator does. */
import { forget, keep, recall } from './keep';
import { type Tab, lists } from './log/select';
import * as box from './outbox';
import {
  call,
  change,
  changeDrafts,
  changeOutbox,
  dispatch,
  flush,
  listed,
  loadList,
  markRead,
  open,
  putAway,
  toast,
} from './session';
import { type Dialog, type Draft, type Theme, store } from './state';
import { languageName } from './format';
import { t } from './texts';
import { uuid } from './uuid';
import type { Ack, Availability, LogEvent } from './wire';

/** Between two signs of "is writing". */
const TYPING_MS = 3_000;
let typed = 0;

// -- where we are ---------------------------------------------------------------------------

const tabs: readonly Tab[] = ['waiting', 'mine', 'closed'];

/** Takes tab and conversation from the address, which a reload and the back button keep. */
export function readAddress(): void {
  const [, tab, id] = /^#\/(\w+)(?:\/([\w-]+))?$/u.exec(window.location.hash) ?? [];
  const known = tabs.find((one) => one === tab) ?? store.get().tab;
  show(known, id ?? null);
}

/** Opens a conversation (or none, which on a phone shows the list). */
export function select(id: string | null, tab: Tab = store.get().tab): void {
  const hash = `#/${tab}${id ? `/${id}` : ''}`;
  if (window.location.hash !== hash)
    window.location.hash = hash; // `hashchange` does the rest
  else show(tab, id);
}

export function selectTab(tab: Tab): void {
  select(store.get().selected, tab);
}

function show(tab: Tab, id: string | null): void {
  const before = store.get().selected;
  const changed = tab !== store.get().tab;
  store.set({ tab, selected: id });
  if (before && before !== id) putAway(before);
  const online = store.get().link.status === 'online';
  if (id && id !== before && online) void open(id);
  if (changed && tab === 'closed' && online) void loadList('closed');
  markRead();
}

/** The next (1) or previous (-1) conversation of the list on the screen. */
export function step(by: 1 | -1): void {
  const { log, tab, selected, listings } = store.get();
  const rows = listed(store.get(), tab).slice(0, listings[tab].shown);
  const list = tab === 'mine' ? [...rows, ...lists(log).others] : rows;
  const place = list.findIndex((one) => one.conversation_id === selected);
  const next = list[place < 0 ? (by > 0 ? 0 : list.length - 1) : place + by];
  if (!next) return;
  store.set({ writeNext: document.activeElement instanceof HTMLTextAreaElement });
  select(next.conversation_id);
}

// -- conversations --------------------------------------------------------------------------

function report(answer: Ack<object>): boolean {
  if (!answer.ok) toast(t.refusal(answer.error), 'bad');
  return answer.ok;
}

export async function claim(id: string): Promise<void> {
  const done = report(await change('claim', { conversation_id: id }));
  // Somebody else's now, or gone: show what is true instead of what was expected.
  if (!done && store.get().selected === id) await open(id);
}

export async function close(id: string): Promise<boolean> {
  return report(await change('close', { conversation_id: id }));
}

export async function transfer(id: string, to: { id: string; name: string }): Promise<boolean> {
  const done = report(await change('transfer', { conversation_id: id, operator_id: to.id }));
  if (done) toast(t.transfer.done(to.name));
  return done;
}

/** Says what the visitor speaks; null takes back what was said. */
export async function pin(id: string, language: string | null): Promise<void> {
  const done = report(await change('set_language', { conversation_id: id, language }));
  if (!done) return;
  toast(language ? t.language.pinned(languageName(language)) : t.language.unpinned);
}

export async function correct(message: string, language: string, text: string): Promise<boolean> {
  return report(await change('correct', { message_id: message, language, text }));
}

export async function redact(message: string): Promise<boolean> {
  return report(await change('redact', { message_id: message }));
}

export async function translateAgain(message: string): Promise<void> {
  report(await change('translate', { message_id: message }));
}

export async function loadEarlier(id: string): Promise<void> {
  const before = store.get().log.timelines[id]?.oldest;
  interface Answer {
    events: LogEvent[];
    more: boolean;
  }
  const answer = await call<Answer>('history', {
    conversation_id: id,
    limit: 100,
    ...(before === null || before === undefined ? {} : { before }),
  });
  if (!answer.ok) return void report(answer);
  dispatch({ do: 'history', conversation: id, events: answer.events, more: answer.more });
  // A page of translations alone shows nothing: on to the messages that were promised.
  const shows = answer.events.some(({ type }) => type === 'message' || type === 'note');
  if (answer.more && !shows) await loadEarlier(id);
}

export async function setAvailability(availability: Availability): Promise<void> {
  const before = store.get().availability;
  store.set({ availability });
  if (!report(await call('availability', { status: availability }))) {
    store.set({ availability: before });
  }
}

// -- writing --------------------------------------------------------------------------------

export function write(id: string, draft: Draft): void {
  const drafts = { ...store.get().drafts };
  if (draft.text === '' && draft.kind === 'message') Reflect.deleteProperty(drafts, id);
  else drafts[id] = draft;
  changeDrafts(drafts);
  if (draft.kind === 'message' && draft.text !== '') tellTyping(id);
}

/** A conversation has become one's own: what comes next is a reply, unless a note was begun. */
export function beginReply(id: string): void {
  const draft = store.get().drafts[id];
  if (draft?.kind === 'note' && draft.text.trim() === '') write(id, { kind: 'message', text: '' });
}

function tellTyping(id: string): void {
  const now = Date.now();
  if (now - typed < TYPING_MS) return;
  typed = now;
  void call('typing', { conversation_id: id });
}

/** Puts the draft on its way. False when there is nothing to send. */
export function post(id: string, draft: Draft): boolean {
  if (draft.text.trim() === '') return false;
  const { kind, text } = draft;
  const item = { id: uuid(), conversation: id, kind, text, at: Date.now() };
  changeOutbox(box.enqueue(store.get().outbox, item));
  write(id, { kind: 'message', text: '' }); // a note's end is the end of writing notes
  typed = 0;
  flush();
  return true;
}

export function sendAgain(id: string): void {
  changeOutbox(box.again(store.get().outbox, id));
  flush();
}

export function discard(id: string): void {
  changeOutbox(box.remove(store.get().outbox, id));
}

/** A refused text goes back where it was written, before what is there now. */
export function editAgain(id: string): void {
  const item = store.get().outbox.find((one) => one.id === id);
  if (!item) return;
  const now = store.get().drafts[item.conversation]?.text ?? '';
  discard(id);
  write(item.conversation, { kind: item.kind, text: now ? `${item.text}\n${now}` : item.text });
}

// -- the screen -----------------------------------------------------------------------------

export function showDialog(dialog: Dialog | null): void {
  store.set({ dialog });
}

export function toggleDetails(): void {
  store.set({ details: !store.get().details });
}

/** Shows or hides every original of a conversation. */
export function toggleOriginals(id: string): void {
  const originals = store.get().originals;
  store.set({ originals: { ...originals, [id]: !originals[id] } });
}

export function setSound(sound: boolean): void {
  store.set({ sound });
  keep('browser', 'sound', sound);
}

export function setTheme(theme: Theme): void {
  store.set({ theme });
  if (theme === 'system') {
    Reflect.deleteProperty(document.documentElement.dataset, 'theme');
    forget('browser', 'theme');
  } else {
    document.documentElement.dataset.theme = theme;
    keep('browser', 'theme', theme);
  }
}

/** What this browser remembers of earlier visits. */
export function recallPreferences(): void {
  store.set({ sound: recall('browser', 'sound', false) });
  const theme = recall<Theme>('browser', 'theme', 'system');
  if (theme === 'light' || theme === 'dark') setTheme(theme);
}
