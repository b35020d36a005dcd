import type { Message, Translation } from '../wire';
import type { Conversation, Entry, LogState, Timeline } from './state';

export type Tab = 'waiting' | 'mine' | 'closed';

export interface Lists {
  /** Longest waiting first. */
  waiting: Conversation[];
  /** Newest activity first. */
  mine: Conversation[];
  /** A colleague's, opened here. Newest activity first. */
  others: Conversation[];
  /** Newest first. */
  closed: Conversation[];
}

/** Every known conversation in the list it belongs to. */
export function lists(state: LogState): Lists {
  const found: Lists = { waiting: [], mine: [], others: [], closed: [] };
  for (const conversation of Object.values(state.conversations)) {
    if (conversation.partial) continue;
    const list = listOf(state, conversation);
    if (list) found[list].push(conversation);
  }
  const newest = (a: Conversation, b: Conversation) => compare(b.updated_at, a.updated_at);
  found.waiting.sort((a, b) => compare(a.opened_at, b.opened_at));
  found.mine.sort(newest);
  found.others.sort(newest);
  found.closed.sort(newest);
  return found;
}

/** The front of the queue: while more of it is to be loaded (`until`), whoever came later is left
 * out, since others who wait longer stand between. */
export function front(queue: readonly Conversation[], until: string | null): Conversation[] {
  return queue.filter((one) => until === null || one.opened_at <= until);
}

function listOf(state: LogState, conversation: Conversation): keyof Lists | null {
  if (conversation.status === 'closed') return 'closed';
  if (conversation.status === 'waiting') return 'waiting';
  if (conversation.operator?.id === state.me?.id) return 'mine';
  // Without the stream a colleague's conversation would stand still here.
  return state.opened.includes(conversation.conversation_id) ? 'others' : null;
}

/** The tab under which a conversation is found. */
export function tabOf(state: LogState, id: string): Tab | null {
  const conversation = state.conversations[id];
  if (!conversation) return null;
  const list = listOf(state, conversation);
  return list === 'others' ? 'mine' : list;
}

/** Visitor messages not looked at yet, in conversations that are this operator's or anybody's. */
export function unreadTotal(state: LogState): number {
  const { waiting, mine } = lists(state);
  return [...waiting, ...mine].reduce((sum, conversation) => sum + conversation.unread, 0);
}

/** What a message reads like for someone. */
export interface Reading {
  text: string;
  language: string | null;
  /** Null while nothing has come for this reader. */
  translation: Translation | null;
  /** Whether `text` differs from what was written. */
  translated: boolean;
}

/** The message as `language` readers see it: the original until a translation is there. */
export function reading(
  message: Message,
  source: string | null,
  given: Translation | undefined,
): Reading {
  const translation = given ?? null;
  const translated =
    translation !== null &&
    translation.status !== 'untranslated' &&
    translation.status !== 'same_language';
  return {
    text: translated ? translation.text : message.text,
    language: translated ? translation.language : source,
    translation,
    translated,
  };
}

/** The language a message was found to be in, as far as is known. */
export function sourceOf(timeline: Timeline, message: Message): string | null {
  const detected = timeline.detected[message.id];
  if (detected) return detected.language;
  const routes = Object.values(timeline.translations[message.id] ?? {});
  return routes.find((one) => one.route.length > 0)?.route[0] ?? message.language;
}

/** What the visitor was shown of an operator's message, where it is not the original. */
export function forVisitor(
  timeline: Timeline,
  message: Message,
  visitorLanguage: string | null,
  reads: string,
): Translation | undefined {
  const known = timeline.translations[message.id] ?? {};
  if (visitorLanguage && known[visitorLanguage]) return known[visitorLanguage];
  return Object.values(known).find((one) => one.language !== reads);
}

/** The timeline as it is shown: a rating that was given anew stands once, where it was last given,
 * with the last comment. */
export function shownEntries(entries: readonly Entry[]): readonly Entry[] {
  const ratings = entries.filter((entry) => entry.kind === 'rated');
  const newest = ratings.at(-1);
  if (!newest || ratings.length === 1) return entries;
  const commented = ratings.findLast((entry) => entry.comment);
  const shown: Entry = { ...newest, comment: commented?.comment ?? null };
  return entries
    .filter((entry) => entry.kind !== 'rated' || entry === newest)
    .map((entry) => (entry === newest ? shown : entry));
}

/** Whether there is anything in a text that a language could be told of: words that are not part of
 * a link, an address or a code. */
export function hasWords(text: string): boolean {
  return text
    .split(/\s+/u)
    .some((word) => unspaced.test(word) || (/\p{L}/u.test(word) && !/[\p{N}@]|:\/\//u.test(word)));
}

/** Written without spaces: a code among it makes no code of the whole. */
const unspaced = /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}]/u;

/** A name that its bearer chose, as it may stand beside ours: letters, digits and punctuation. Signs
 * and pictures (a tick would pass for the badge of a confirmed identity) and controls (which turn the
 * reading direction of what stands around) are left out; null when nothing remains. */
export function plainName(name: string | null): string | null {
  const plain = name
    ?.normalize('NFC')
    .replace(/[^\p{L}\p{M}\p{Nd}\p{P}\p{Sc}\p{Zs}\u0020-\u007e\u200c\u200d]|[\ufe00-\ufe0f]/gu, '')
    .replace(/[\p{Zs}]+/gu, ' ')
    .trim();
  return plain && /[\p{L}\p{N}]/u.test(plain) ? plain : null;
}

/** How a visitor is called: their name, or a short stable one. */
export function visitorName(visitor: { id: string; name: string | null }): string {
  return plainName(visitor.name) ?? `Visitor ${visitor.id.replaceAll('-', '').slice(-4) || '?'}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
