import { expect, test } from 'vitest';
import * as box from '../src/outbox';

const text = (id: string, conversation = 'c1') => ({
  id,
  conversation,
  kind: 'message' as const,
  text: id,
  at: 0,
});
const ids = (items: readonly box.Outgoing[]) => items.map((item) => item.id);
const two = box.enqueue(box.enqueue([], text('a')), text('b'));

test('one unanswered text per conversation, in the order of writing', () => {
  const other = box.enqueue(two, text('x', 'c2'));
  expect(ids(box.due(other, 0))).toEqual(['a', 'x']);
  expect(ids(box.due(box.sending(other, 'a'), 0))).toEqual(['x']);
  expect(ids(box.due(box.acknowledged(box.sending(other, 'a'), 'a', 5), 0))).toEqual(['b', 'x']);
});

test('no answer, or a lost connection: again with the same id', () => {
  expect(ids(box.due(box.again(box.sending(two, 'a'), 'a'), 0))).toEqual(['a']);
  expect(ids(box.due(box.disconnected(box.sending(two, 'a')), 0))).toEqual(['a']);
});

test('what the server has is not sent again', () => {
  const had = box.acknowledged(box.sending(two, 'a'), 'a', null);
  expect(ids(box.due(box.disconnected(had), 0))).toEqual(['b']);
  expect(ids(box.due(box.again(had, 'a'), 0))).toEqual(['b']);
});

test('a refusal keeps the text and lets the next one pass', () => {
  const no = box.refused(two, 'a', { code: 'too_long', detail: '' }, 0);
  expect(no[0]).toMatchObject({ text: 'a', state: 'refused', refusal: { code: 'too_long' } });
  expect(ids(box.due(no, 0))).toEqual(['b']);
  expect(ids(box.due(box.again(no, 'a'), 0))).toEqual(['a']);
});

test('a passing refusal is waited out, nothing overtakes', () => {
  const wait = box.refused(two, 'a', { code: 'rate_limited', detail: '', retry_after: 2 }, 1_000);
  expect(box.due(wait, 2_999)).toEqual([]);
  expect(box.nextDue(wait, 2_000)).toBe(1_000);
  expect(ids(box.due(wait, 3_000))).toEqual(['a']);
});

test('it ends when the log holds the message', () => {
  expect(ids(box.remove(two, 'a'))).toEqual(['b']);
  expect(box.remove(two, 'unknown')).toBe(two);
  expect(box.acknowledged(box.remove(two, 'a'), 'a', 5)).toHaveLength(1);
  const had = box.acknowledged(two, 'a', 5);
  expect(box.arrived(had, 4)).toBe(had);
  expect(ids(box.arrived(had, 5))).toEqual(['b']);
  expect(box.removeConversations(two, ['c1'])).toEqual([]);
});
