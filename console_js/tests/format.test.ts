import { expect, test } from 'vitest';
import { duration, elapsed, initials, languageName, routeText, tint } from '../src/format';
import { reading, visitorName } from '../src/log/select';
import { t } from '../src/texts';
import { message, translation } from './made';

test.each([
  [3, 'now'],
  [47, '40 s'],
  [200, '3 min'],
  [7_300, '2 h'],
  [200_000, '2 d'],
])('%i seconds are "%s"', (seconds, words) => {
  const now = Date.UTC(2026, 10, 22);
  expect(elapsed(new Date(now - seconds * 1000).toISOString(), now)).toBe(words);
});

test('languages by name, unknown tags as they are', () => {
  expect(languageName('pt')).toBe('Portuguese');
  expect(languageName('not a tag')).toBe('not a tag');
});

test('a route shows its pivot', () => {
  expect(routeText(['fi', 'en', 'pl'])).toBe('fi → en → pl');
  expect(duration(142)).toBe('142 ms');
  expect(duration(2_412)).toBe('2.4 s');
});

test('faces without pictures', () => {
  expect(initials('Ana Maria Sousa')).toBe('AS');
  expect(initials('محمد')).toBe('م');
  expect(tint('x')).toBe(tint('x'));
  expect(visitorName({ id: '0000-abcd', name: null })).toBe('Visitor abcd');
});

test('an untranslated message reads as it was written', () => {
  const written = message('m', 'Olá');
  const failed = {
    ...translation('m', 0, 'Olá'),
    status: 'untranslated' as const,
    reason: 'no_route',
  };
  expect(reading(written, 'pt', failed)).toMatchObject({
    text: 'Olá',
    language: 'pt',
    translated: false,
  });
  expect(reading(written, 'pt', undefined)).toMatchObject({ text: 'Olá', translation: null });
  expect(reading(written, 'pt', translation('m', 0, 'Hello'))).toMatchObject({
    text: 'Hello',
    language: 'en',
    translated: true,
  });
});

test('a refusal is said in words, with its waiting time', () => {
  expect(t.refusal({ code: 'already_claimed', detail: '' })).toContain('already claimed');
  expect(t.refusal({ code: 'rate_limited', detail: '', retry_after: 1.2 })).toContain('2 seconds');
  expect(t.refusal({ code: 'new_code', detail: 'What the server says.' })).toBe(
    'What the server says.',
  );
});

test.each([
  ['no_route', true, 'translate-proxy models install fi-en'],
  ['no_route', false, 'An administrator can install the model fi-en.'],
  ['failed', true, 'translate-proxy doctor'],
  ['overloaded', false, 'Try again'],
])('what is not translated for %s names a way out', (reason, isAdmin, said) => {
  expect(t.remedy(reason, isAdmin, 'fi', 'en')).toContain(said);
});
