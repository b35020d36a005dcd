import { describe, expect, test } from 'vitest';
import { front, hasWords, plainName, shownEntries, visitorName } from '../src/log/select';
import type { Entry } from '../src/log/state';
import { at, summary } from './made';

const rated = (cursor: number, stars: number, comment: string | null = null): Entry => ({
  kind: 'rated',
  cursor,
  at: at(cursor),
  stars,
  comment,
});
const queued: Entry = { kind: 'queued', cursor: 1, at: at(1) };

describe('ratings', () => {
  test('the one that was given last stands, once', () => {
    expect(shownEntries([queued, rated(4, 3), rated(5, 4, 'Thanks'), rated(9, 5)])).toEqual([
      queued,
      rated(9, 5, 'Thanks'),
    ]);
  });

  test('one alone is left as it is', () => {
    const entries = [queued, rated(4, 3)];
    expect(shownEntries(entries)).toBe(entries);
  });
});

describe('a language is told of', () => {
  test.each(['Olá', 'ok 👍', 'Где AB-12345?', '订单AB-12345在哪里', 'see https://x.example'])(
    '%s',
    (text) => expect(hasWords(text)).toBe(true),
  );
  test.each(['👍', '❤️🎉', '12,50 €', 'AB-12345', 'a@b.example', 'https://x.example/pt', '…', ''])(
    'not %s',
    (text) => expect(hasWords(text)).toBe(false),
  );
});

describe('a name', () => {
  test.each([
    ['Ana ✔', 'Ana'],
    ['Ana ✅ ☑️ 🛡️', 'Ana'],
    ['\u202eanA', 'anA'],
    ['A\u2066na\u2069\u200f', 'Ana'],
    ['Ana\u0007\u00a0 Maria', 'Ana Maria'],
    ['مریم‌سادات', 'مریم‌سادات'],
    ["Zoë O'Neill-Łuczak, 3rd", "Zoë O'Neill-Łuczak, 3rd"],
    ['王小明', '王小明'],
  ])('%j is shown as %j', (given, shown) => {
    expect(plainName(given)).toBe(shown);
  });

  test.each(['✔', '\u202e', ' ', '--', null])('of %j nothing remains', (name) => {
    expect(plainName(name)).toBeNull();
    expect(visitorName({ id: '0000-abcd', name })).toBe('Visitor abcd');
  });
});

describe('the front of the queue', () => {
  const opened = (id: string, second: number) => ({
    ...summary({ conversation_id: id, opened_at: at(second) }),
    unread: 0,
    since: null,
    partial: false,
  });
  const queue = [opened('a', 1), opened('b', 2), opened('late', 9)];
  const ids = (until: string | null) => front(queue, until).map((one) => one.conversation_id);

  test('leaves out who came after those that are not loaded yet', () => {
    expect(ids(at(2))).toEqual(['a', 'b']);
  });

  test('is all of it once all is loaded', () => {
    expect(ids(null)).toEqual(['a', 'b', 'late']);
  });
});
