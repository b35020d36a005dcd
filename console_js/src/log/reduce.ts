import type { LogEvent, Message, Summary, Translation } from '../wire';
import {
  type Conversation,
  type Entry,
  type LogAction,
  type LogState,
  type Timeline,
  emptyLog,
  emptyTimeline,
} from './state';

/** Where an event came from: a page may repeat or precede the stream and never counts as news. */
type Source = 'stream' | 'page';

/** The next state. Pure; the same object when nothing changed. */
export function reduceLog(state: LogState, action: LogAction): LogState {
  switch (action.do) {
    case 'welcome':
      return welcome(state, action);
    case 'event':
      return fromStream(state, action.event, action.reading);
    case 'sync': {
      let next = state;
      for (const event of action.events) next = fromStream(next, event, action.reading);
      return action.cursor > (next.cursor ?? -1) ? { ...next, cursor: action.cursor } : next;
    }
    case 'opening': {
      const id = action.conversation;
      // Made now, so that what the stream brings before the page arrives is not lost.
      const next = withTimeline(state, id, state.timelines[id] ?? emptyTimeline);
      return next.opened.includes(id) ? next : { ...next, opened: [...next.opened, id] };
    }
    case 'open':
      return opened(state, action.summary, action.events, action.more);
    case 'history': {
      const known = state.timelines[action.conversation];
      if (!known) return state;
      const filled = addPage(known, action.events, action.more);
      return withTimeline(state, action.conversation, filled);
    }
    case 'list':
      return merge(state, action.conversations);
    case 'read': {
      const known = state.conversations[action.conversation];
      return known?.unread ? withConversation(state, { ...known, unread: 0 }) : state;
    }
    case 'left': {
      const left = { ...state, opened: state.opened.filter((id) => id !== action.conversation) };
      return forgetUnfed(left, action.conversation);
    }
    case 'clear':
      return emptyLog;
  }
}

function welcome(state: LogState, action: Extract<LogAction, { do: 'welcome' }>): LogState {
  const foreign = state.log !== null && state.log !== action.log;
  const fresh = action.reset || foreign || !action.resumed;
  const start = fresh ? emptyLog : state;
  const next = merge({ ...start, me: action.me, log: action.log }, action.conversations);
  if (!fresh) return next;
  // A fresh start has no events to count: what was not looked at is told by the last message.
  const conversations = { ...next.conversations };
  for (const [id, conversation] of Object.entries(conversations)) {
    const last = conversation.last_message;
    const news = last?.from === 'visitor' && action.seen[id] !== last.id;
    if (news && conversation.status !== 'closed') {
      conversations[id] = { ...conversation, unread: 1 };
    }
  }
  return { ...next, conversations };
}

function fromStream(state: LogState, event: LogEvent, reading: string | null): LogState {
  if (state.cursor !== null && event.cursor <= state.cursor) return state;
  const next = apply(state, event, 'stream', reading);
  return { ...next, cursor: event.cursor };
}

function opened(
  state: LogState,
  summary: Summary,
  events: readonly LogEvent[],
  more: boolean,
): LogState {
  const id = summary.conversation_id;
  // A loaded timeline has been fed by the stream since: the page only repeats its end.
  const known = state.timelines[id] ?? emptyTimeline;
  const filled = addPage(known, events, known.loaded ? known.more : more);
  return withTimeline(merge(state, [summary]), id, { ...filled, loaded: true });
}

/** One event, on the conversation's head and, where it is loaded, on its timeline. */
function apply(state: LogState, event: LogEvent, source: Source, reading: string | null): LogState {
  if (event.type === 'erased') return erase(state, event.conversation_ids);
  const id = event.conversation_id;
  let next = withHead(state, event, source, reading);
  const timeline = next.timelines[id];
  if (timeline) next = withTimeline(next, id, addEvent(timeline, event));
  return forgetUnfed(next, id);
}

/** Drops a timeline that the stream no longer feeds: a colleague's, not opened here. */
function forgetUnfed(state: LogState, id: string): LogState {
  if (!state.timelines[id] || state.opened.includes(id)) return state;
  const conversation = state.conversations[id];
  const fed = conversation?.status === 'waiting' || conversation?.operator?.id === state.me?.id;
  return fed ? state : { ...state, timelines: without(state.timelines, id) };
}

function erase(state: LogState, ids: readonly string[]): LogState {
  return {
    ...state,
    conversations: without(state.conversations, ...ids),
    timelines: without(state.timelines, ...ids),
    opened: state.opened.filter((id) => !ids.includes(id)),
  };
}

function withHead(
  state: LogState,
  event: LogEvent,
  source: Source,
  reading: string | null,
): LogState {
  const known = state.conversations[event.conversation_id] ?? placeholder(event);
  let next = known;
  // A page's older events must not turn the head back; the stream's may follow a newer summary.
  if (event.cursor > known.cursor || known.partial) {
    next = headAfter(state, known, event);
    next = { ...next, cursor: Math.max(known.cursor, event.cursor) };
  } else if (event.type === 'translation') {
    next = headTranslation(state, known, event);
  }
  if (source === 'stream' && event.type === 'message' && event.message.from === 'visitor') {
    next = { ...next, unread: reading === known.conversation_id ? 0 : next.unread + 1 };
  }
  return next === known && state.conversations[known.conversation_id] === known
    ? state
    : withConversation(state, next);
}

function headAfter(state: LogState, known: Conversation, event: LogEvent): Conversation {
  switch (event.type) {
    case 'message':
      return withLast({ ...known, updated_at: event.at }, event.message, event.at);
    case 'translation':
      return headTranslation(state, known, event);
    case 'language':
      if (event.of !== 'visitor') return known;
      return {
        ...known,
        language: event.language,
        // Without a message it is a pin, or a pin that was taken back.
        pinned: event.message_id
          ? known.pinned
          : event.source === 'pinned'
            ? event.language
            : null,
      };
    case 'queued':
      return {
        ...known,
        site: event.site,
        visitor: event.visitor,
        status: 'waiting',
        operator: null,
        updated_at: event.at,
        partial: false,
      };
    case 'assigned':
      return { ...known, status: 'assigned', operator: event.operator, updated_at: event.at };
    case 'transferred':
      return { ...known, status: 'assigned', operator: event.to, updated_at: event.at };
    case 'closed':
      return { ...known, status: 'closed', unread: 0, since: null, updated_at: event.at };
    case 'redacted':
      if (known.last_message?.id !== event.message_id) return known;
      return { ...known, last_message: null, last_translation: null };
    default:
      return known;
  }
}

function withLast(known: Conversation, message: Message, at: string): Conversation {
  const translation = known.last_translation;
  const since = message.from === 'operator' ? null : known.since;
  return {
    ...known,
    last_message: message,
    last_translation: translation?.message_id === message.id ? translation : null,
    since: message.from === 'visitor' ? (since ?? at) : since,
  };
}

function headTranslation(
  state: LogState,
  known: Conversation,
  translation: Translation,
): Conversation {
  if (translation.message_id !== known.last_message?.id) return known;
  if (translation.language !== state.me?.reads) return known;
  const newest = newer(known.last_translation ?? undefined, translation);
  return newest === known.last_translation ? known : { ...known, last_translation: newest };
}

function newer(known: Translation | undefined, given: Translation): Translation {
  return known?.message_id === given.message_id && known.revision >= given.revision ? known : given;
}

function addPage(timeline: Timeline, events: readonly LogEvent[], more: boolean): Timeline {
  let next = timeline;
  for (const event of events) next = addEvent(next, event);
  return { ...next, more };
}

/** Applying an event twice, or an older one after a newer, changes nothing. */
function addEvent(timeline: Timeline, event: LogEvent): Timeline {
  const oldest = Math.min(timeline.oldest ?? Infinity, event.cursor);
  const next = oldest === timeline.oldest ? timeline : { ...timeline, oldest };
  if (event.type === 'translation') {
    if (next.redacted.has(event.message_id)) return next;
    const known = next.translations[event.message_id];
    const best = newer(known?.[event.language], event);
    if (best !== event) return next;
    const ofMessage = { ...known, [event.language]: best };
    return { ...next, translations: { ...next.translations, [event.message_id]: ofMessage } };
  }
  if (event.type === 'redacted') {
    return withoutText(next, event.message_id);
  }
  if (event.type === 'language') return addLanguage(next, event);
  const added = addEntry(next, entryOf(event));
  // Told as taken back: its own event may be in a part of the log that is not here.
  const gone = event.type === 'message' && event.message.redacted;
  return gone ? withoutText(added, event.message.id) : added;
}

/** A message was taken back: neither its text nor a translation stays in memory. */
function withoutText(timeline: Timeline, id: string): Timeline {
  if (timeline.redacted.has(id)) return timeline;
  const entries = timeline.entries.map((entry) =>
    entry.kind === 'message' && entry.message.id === id
      ? { ...entry, message: { ...entry.message, text: '' } }
      : entry,
  );
  const translations = without(timeline.translations, id);
  return { ...timeline, entries, translations, redacted: new Set([...timeline.redacted, id]) };
}

function addLanguage(timeline: Timeline, event: LogEvent & { type: 'language' }): Timeline {
  let next = timeline;
  const { message_id, message_language } = event;
  if (message_id && message_language && event.cursor > (next.detected[message_id]?.cursor ?? -1)) {
    const found = { language: message_language, cursor: event.cursor };
    next = { ...next, detected: { ...next.detected, [message_id]: found } };
  }
  if (event.of === 'visitor' && event.cursor > next.beliefCursor) {
    const { language, confidence, source } = event;
    next = { ...next, belief: { language, confidence, source }, beliefCursor: event.cursor };
  }
  if (event.message_id) return next;
  const { cursor, at, of, language } = event;
  if (event.source !== 'pinned') return addEntry(next, { kind: 'unpinned', cursor, at });
  return addEntry(next, { kind: 'pinned', cursor, at, of, language });
}

function addEntry(timeline: Timeline, entry: Entry | null): Timeline {
  if (!entry) return timeline;
  const entries = timeline.entries;
  let place = entries.length;
  while (place > 0 && (entries[place - 1]?.cursor ?? -1) > entry.cursor) place -= 1;
  if (entries[place - 1]?.cursor === entry.cursor) return timeline;
  return { ...timeline, entries: [...entries.slice(0, place), entry, ...entries.slice(place)] };
}

function entryOf(event: LogEvent): Entry | null {
  const { cursor, at } = event;
  switch (event.type) {
    case 'message':
      return { kind: 'message', cursor, at, message: event.message };
    case 'note':
      return { kind: 'note', cursor, at, note: event.note };
    case 'queued':
      return { kind: 'queued', cursor, at };
    case 'assigned':
      return { kind: 'assigned', cursor, at, operator: event.operator };
    case 'transferred':
      return { kind: 'transferred', cursor, at, from: event.from, to: event.to };
    case 'closed':
      return { kind: 'closed', cursor, at, by: event.by };
    case 'rated':
      return { kind: 'rated', cursor, at, stars: event.stars, comment: event.comment ?? null };
    case 'contact':
      return {
        kind: 'contact',
        cursor,
        at,
        name: event.name ?? null,
        email: event.email ?? null,
        phone: event.phone ?? null,
      };
    default:
      return null; // a later version's type: the cursor still moves
  }
}

function merge(state: LogState, summaries: readonly Summary[]): LogState {
  const conversations = { ...state.conversations };
  for (const summary of summaries) {
    const known = conversations[summary.conversation_id];
    if (known && !known.partial && known.cursor > summary.cursor) continue;
    const waiting = summary.status !== 'closed' && summary.last_message?.from === 'visitor';
    conversations[summary.conversation_id] = {
      ...summary,
      unread: known?.unread ?? 0,
      since: waiting ? (known?.since ?? summary.updated_at) : null,
      partial: false,
    };
  }
  return { ...state, conversations };
}

/** Stands for a conversation that was first heard of by an event (handed over by a colleague). */
function placeholder(event: LogEvent): Conversation {
  return {
    conversation_id: event.conversation_id,
    site: '',
    status: 'waiting',
    operator: null,
    visitor: { id: '', name: null, email: null, locale: null, page: null, verified: false },
    language: null,
    pinned: null,
    opened_at: event.at,
    updated_at: event.at,
    cursor: -1,
    last_message: null,
    last_translation: null,
    unread: 0,
    since: null,
    partial: true,
  };
}

function withConversation(state: LogState, conversation: Conversation): LogState {
  const conversations = { ...state.conversations, [conversation.conversation_id]: conversation };
  return { ...state, conversations };
}

function withTimeline(state: LogState, id: string, timeline: Timeline): LogState {
  return state.timelines[id] === timeline
    ? state
    : { ...state, timelines: { ...state.timelines, [id]: timeline } };
}

function without<T>(record: Readonly<Record<string, T>>, ...ids: string[]): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([id]) => !ids.includes(id)));
}
