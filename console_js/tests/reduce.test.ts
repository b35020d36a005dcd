import { describe, expect, test } from 'vitest';
import { reduceLog } from '../src/log/reduce';
import { lists, sourceOf, tabOf, unreadTotal } from '../src/log/select';
import { type LogAction, type LogState, emptyLog, emptyTimeline } from '../src/log/state';
import type { LogEvent, Summary } from '../src/wire';
import {
  LOG,
  MARIA,
  ME,
  answered,
  event,
  message,
  said,
  summary,
  translated,
  translation,
  visitor,
} from './made';

type Welcome = Extract<LogAction, { do: 'welcome' }>;

function welcome(conversations: Summary[], over: Partial<Welcome> = {}): Welcome {
  return {
    do: 'welcome',
    log: LOG,
    reset: false,
    resumed: false,
    me: ME,
    conversations,
    seen: {},
    ...over,
  };
}

function run(state: LogState, ...actions: LogAction[]): LogState {
  return actions.reduce(reduceLog, state);
}

function stream(...events: LogEvent[]): LogAction[] {
  return events.map((one) => ({ do: 'event', event: one, reading: null }));
}

function opening(events: LogEvent[], over: Partial<Summary> = {}, more = false): LogAction[] {
  return [
    { do: 'opening', conversation: 'c1' },
    { do: 'open', summary: summary(over), events, more },
  ];
}

const start = run(emptyLog, welcome([summary()]), {
  do: 'sync',
  events: [],
  cursor: 10,
  reading: null,
});

const texts = (state: LogState, id = 'c1') =>
  state.timelines[id]?.entries.map((entry) =>
    entry.kind === 'message' ? entry.message.text : entry.kind,
  );

describe('the cursor', () => {
  test('is not moved by a welcome', () => {
    expect(run(emptyLog, welcome([summary({ cursor: 99 })])).cursor).toBeNull();
  });

  test('moves with every event of the stream, of unknown types too', () => {
    const unknown = { ...said(14, 'm'), type: 'from_the_future' } as unknown as LogEvent;
    expect(run(start, ...stream(said(12, 'a'))).cursor).toBe(12);
    expect(run(start, ...stream(unknown)).cursor).toBe(14);
  });

  test('moves with sync.cursor, past the last event and never back', () => {
    const synced = run(start, { do: 'sync', events: [said(11, 'a')], cursor: 40, reading: null });
    expect(synced.cursor).toBe(40);
    expect(run(synced, { do: 'sync', events: [], cursor: 20, reading: null }).cursor).toBe(40);
  });

  test('is not moved by the pages of open and history', () => {
    const state = run(start, ...opening([said(50, 'a')]), {
      do: 'history',
      conversation: 'c1',
      events: [said(4, 'b')],
      more: false,
    });
    expect(state.cursor).toBe(10);
    expect(texts(state)).toEqual(['b', 'a']);
  });

  test('an event that the stream repeats changes nothing', () => {
    const once = run(start, ...stream(said(12, 'a')));
    expect(run(once, ...stream(said(12, 'a'), said(11, 'b')))).toBe(once);
  });
});

describe('starting from nothing', () => {
  const full = run(start, ...opening([said(11, 'a')]), ...stream(said(12, 'b')));

  test.each([
    ['reset', welcome([], { resumed: true, reset: true })],
    ['another log', welcome([], { resumed: true, log: 'log-2' })],
  ])('%s empties everything', (_, action) => {
    const state = run(full, action);
    expect(state.cursor).toBeNull();
    expect(state.conversations).toEqual({});
    expect(state.timelines).toEqual({});
    expect(state.opened).toEqual([]);
  });

  test('a resumed connection keeps what is known and lets the missed events follow', () => {
    const newer = summary({ cursor: 14, last_message: message('d', 'd') });
    const state = run(
      full,
      welcome([newer], { resumed: true }),
      ...stream(said(13, 'c'), said(14, 'd')),
    );
    expect(texts(state)).toEqual(['a', 'b', 'c', 'd']);
    expect(state.conversations.c1?.last_message?.text).toBe('d');
    expect(state.conversations.c1?.unread).toBe(3); // b, c and d: each once
  });

  test('signing out leaves nothing', () => {
    expect(run(full, { do: 'clear' })).toEqual(emptyLog);
  });
});

describe('pages and stream overlap', () => {
  test('what the stream brings before the page arrives is kept, once', () => {
    const state = run(
      start,
      { do: 'opening', conversation: 'c1' },
      ...stream(said(12, 'b'), said(13, 'c')),
      {
        do: 'open',
        summary: summary({ cursor: 12 }),
        events: [said(11, 'a'), said(12, 'b')],
        more: true,
      },
    );
    expect(texts(state)).toEqual(['a', 'b', 'c']);
    expect(state.timelines.c1).toMatchObject({ more: true, loaded: true, oldest: 11 });
  });

  test('a page that is newer than the stream is not doubled when the stream follows', () => {
    const state = run(
      start,
      ...opening([said(11, 'a'), said(12, 'b')]),
      ...stream(said(11, 'a'), said(12, 'b')),
    );
    expect(texts(state)).toEqual(['a', 'b']);
    expect(state.cursor).toBe(12);
  });

  test('an older summary does not turn back what the stream said', () => {
    const assigned = event(12, { type: 'assigned', operator: { id: ME.id, name: 'Me' } });
    const state = run(start, ...stream(assigned), ...opening([], { cursor: 11 }));
    expect(state.conversations.c1?.status).toBe('assigned');
  });

  test('opening again keeps the history that was loaded', () => {
    const state = run(
      start,
      ...opening([said(20, 'c')], {}, true),
      { do: 'history', conversation: 'c1', events: [said(18, 'a'), said(19, 'b')], more: false },
      ...opening([said(20, 'c')], {}, true),
    );
    expect(texts(state)).toEqual(['a', 'b', 'c']);
    expect(state.timelines.c1?.more).toBe(false);
  });
});

describe('translations', () => {
  const state = run(start, ...opening([]), ...stream(said(11, 'a')));
  const shown = (of: LogState) => of.timelines.c1?.translations.a?.en?.text;

  test('the highest revision wins, in whatever order they come', () => {
    const forward = run(
      state,
      ...stream(translated(12, 'a', 0, 'first'), translated(13, 'a', 1, 'second')),
    );
    expect(shown(forward)).toBe('second');
    const later = run(
      state,
      ...stream(translated(12, 'a', 3, 'third'), translated(13, 'a', 2, 'second')),
    );
    expect(shown(later)).toBe('third');
    expect(later.conversations.c1?.last_translation?.text).toBe('third');
  });

  test('one whose message is on an earlier page waits for it', () => {
    const early = run(start, ...opening([translated(15, 'old', 0, 'text')], {}, true), {
      do: 'history',
      conversation: 'c1',
      events: [said(9, 'old')],
      more: false,
    });
    expect(early.timelines.c1?.translations.old?.en?.text).toBe('text');
    expect(texts(early)).toEqual(['old']);
  });

  test('the list shows the last message in the reading language only', () => {
    const french = event(12, {
      type: 'translation',
      ...translation('a', 0, 'texte'),
      language: 'fr',
    });
    expect(run(state, ...stream(french)).conversations.c1?.last_translation).toBeNull();
    const english = run(state, ...stream(translated(12, 'a', 0, 'text')));
    expect(english.conversations.c1?.last_translation?.text).toBe('text');
    expect(run(english, ...stream(said(13, 'b'))).conversations.c1?.last_translation).toBeNull();
  });
});

describe('the lists', () => {
  const mine = event(12, { type: 'assigned', operator: { id: ME.id, name: 'Me' } });
  const hers = event(12, { type: 'assigned', operator: MARIA });
  const ids = (state: LogState) =>
    Object.fromEntries(
      Object.entries(lists(state)).map(([name, list]) => [
        name,
        (list as Summary[]).map((one) => one.conversation_id),
      ]),
    );

  test('a conversation begins waiting, is claimed and closed', () => {
    const queued = event(11, { type: 'queued', site: 'demo', visitor }, 'c2');
    const waiting = run(start, ...stream(queued, said(12, 'hello', 'hello', 'c2')));
    expect(tabOf(waiting, 'c2')).toBe('waiting');
    expect(waiting.conversations.c2).toMatchObject({ partial: false, unread: 1, visitor });
    expect(tabOf(run(start, ...stream(mine)), 'c1')).toBe('mine');
    const closed = event(13, { type: 'closed', by: { from: 'visitor' } });
    expect(tabOf(run(start, ...stream(mine, closed)), 'c1')).toBe('closed');
  });

  test("a colleague's conversation leaves the lists unless it is opened here", () => {
    expect(ids(run(start, ...stream(hers)))).toEqual({
      waiting: [],
      mine: [],
      others: [],
      closed: [],
    });
    const opened = run(start, ...opening([]), ...stream(hers));
    expect(ids(opened).others).toEqual(['c1']);
    const left = run(opened, { do: 'left', conversation: 'c1' });
    expect(ids(left).others).toEqual([]);
    expect(left.timelines.c1).toBeUndefined(); // nothing feeds it any more
  });

  test("one of one's own is kept up to date after leaving it", () => {
    const state = run(start, ...opening([]), ...stream(mine), { do: 'left', conversation: 'c1' });
    expect(texts(run(state, ...stream(said(13, 'b'))))).toEqual(['assigned', 'b']);
  });

  test('handed over to me: a placeholder that asks to be opened', () => {
    const to = { id: ME.id, name: 'Me' };
    const state = run(start, ...stream(event(12, { type: 'transferred', from: MARIA, to }, 'c9')));
    expect(state.conversations.c9).toMatchObject({
      partial: true,
      status: 'assigned',
      operator: to,
    });
    expect(ids(state).mine).toEqual([]);
    const whole = run(state, {
      do: 'open',
      summary: summary({ conversation_id: 'c9', status: 'assigned', operator: to, cursor: 12 }),
      events: [],
      more: false,
    });
    expect(ids(whole).mine).toEqual(['c9']);
  });

  test('the longest waiting comes first, of mine the latest', () => {
    const listed = run(start, {
      do: 'list',
      conversations: [
        summary({ conversation_id: 'w2', opened_at: '2026-11-22T13:00:00.000Z' }),
        summary({ conversation_id: 'm1', status: 'assigned', operator: { id: ME.id, name: 'Me' } }),
        summary({
          conversation_id: 'm2',
          status: 'assigned',
          operator: { id: ME.id, name: 'Me' },
          updated_at: '2026-11-22T13:00:00.000Z',
        }),
      ],
    });
    expect(ids(listed)).toMatchObject({ waiting: ['c1', 'w2'], mine: ['m2', 'm1'] });
  });
});

describe('unread', () => {
  test('counts visitor messages of the stream, not those on the screen', () => {
    const state = run(start, ...stream(said(11, 'a'), answered(12, 'b'), said(13, 'c')));
    expect(unreadTotal(state)).toBe(2);
    const reading = run(state, { do: 'event', event: said(14, 'd'), reading: 'c1' });
    expect(unreadTotal(reading)).toBe(0);
    expect(unreadTotal(run(state, { do: 'read', conversation: 'c1' }))).toBe(0);
  });

  test('a page adds none', () => {
    expect(unreadTotal(run(start, ...opening([said(11, 'a')])))).toBe(0);
  });

  test('after a fresh start the last message tells, unless it was looked at', () => {
    const last = summary({ last_message: message('m7', 'hi') });
    expect(unreadTotal(run(emptyLog, welcome([last])))).toBe(1);
    expect(unreadTotal(run(emptyLog, welcome([last], { seen: { c1: 'm7' } })))).toBe(0);
  });

  test('the waiting time runs from the first message without an answer', () => {
    const asked = run(start, ...stream(said(11, 'a'), said(12, 'b')));
    expect(asked.conversations.c1?.since).toBe(said(11, 'a').at);
    const replied = run(asked, ...stream(answered(13, 'c')));
    expect(replied.conversations.c1?.since).toBeNull();
  });
});

describe('what is taken away', () => {
  test('a redacted message loses its text in list and timeline', () => {
    const state = run(
      start,
      ...opening([]),
      ...stream(
        said(11, 'a'),
        translated(12, 'a', 1, 'hello'),
        event(13, { type: 'redacted', message_id: 'a' }),
        translated(14, 'a', 2, 'hello'),
      ),
    );
    expect(state.timelines.c1?.redacted.has('a')).toBe(true);
    expect(state.timelines.c1?.translations).toEqual({});
    const texts = state.timelines.c1?.entries.flatMap((one) =>
      one.kind === 'message' ? [one.message.text] : [],
    );
    expect(texts).toEqual(['']);
    expect(state.conversations.c1?.last_message).toBeNull();
  });

  test('a message of an old page says itself that it was redacted', () => {
    const told = said(11, 'a', '');
    if (told.type !== 'message') throw new Error('a message');
    const gone = { ...told, message: { ...told.message, redacted: true } };
    const state = run(start, ...opening([gone, translated(12, 'a', 0, '')]));
    expect(state.timelines.c1?.redacted.has('a')).toBe(true);
    expect(state.timelines.c1?.translations).toEqual({});
  });

  test('erased conversations are gone, and the cursor moves', () => {
    const state = run(
      start,
      ...opening([said(11, 'a')]),
      ...stream(event(12, { type: 'erased', conversation_ids: ['c1'] })),
    );
    expect(state.conversations).toEqual({});
    expect(state.timelines).toEqual({});
    expect(state.opened).toEqual([]);
    expect(state.cursor).toBe(12);
  });
});

describe('the language', () => {
  const belief = (
    cursor: number,
    language: string,
    source: 'pinned' | 'detected',
    of: 'visitor' | 'operator' = 'visitor',
    message_id: string | null = source === 'pinned' ? null : 'm',
  ) =>
    event(cursor, {
      type: 'language',
      of,
      author_id: 'v-1',
      message_id,
      language,
      confidence: 0.8,
      source,
      changed: true,
    });

  test('the newest belief about the visitor is shown, an older page does not change it', () => {
    const state = run(start, ...opening([]), ...stream(belief(12, 'fi', 'detected')), {
      do: 'history',
      conversation: 'c1',
      events: [belief(5, 'sv', 'detected')],
      more: false,
    });
    expect(state.timelines.c1?.belief).toEqual({
      language: 'fi',
      confidence: 0.8,
      source: 'detected',
    });
    expect(state.conversations.c1?.language).toBe('fi');
  });

  test('a message is in what was found of it, not in what its author speaks', () => {
    const found = (cursor: number, message_language: string) =>
      ({ ...belief(cursor, 'pt', 'detected'), message_id: 'a', message_language }) as LogEvent;
    const state = run(start, ...opening([said(11, 'a')]), ...stream(found(12, 'en')), {
      do: 'history',
      conversation: 'c1',
      events: [found(5, 'fi')], // an older finding on an older page
      more: false,
    });
    const timeline = state.timelines.c1 ?? emptyTimeline;
    expect(sourceOf(timeline, message('a', 'a'))).toBe('en');
    expect(timeline.belief?.language).toBe('pt');
    expect(state.conversations.c1?.language).toBe('pt');
  });

  test("a pin is a line of the timeline; the operator's language is not the visitor's", () => {
    const state = run(
      start,
      ...opening([]),
      ...stream(belief(12, 'fi', 'pinned'), belief(13, 'en', 'detected', 'operator')),
    );
    expect(state.conversations.c1).toMatchObject({ language: 'fi', pinned: 'fi' });
    expect(texts(state)).toEqual(['pinned']);
    const taken = run(state, ...stream(belief(14, 'pt', 'detected', 'visitor', null)));
    expect(taken.conversations.c1).toMatchObject({ language: 'pt', pinned: null });
    expect(texts(taken)).toEqual(['pinned', 'unpinned']);
  });
});
