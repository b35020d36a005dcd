import { describe, expect, test } from 'vitest';
import { pieces, placeOf } from '../src/links';

const links = (text: string) =>
  pieces(text).flatMap((piece) => (piece.href === null ? [] : [[piece.text, piece.href]]));

describe('what can be pressed', () => {
  test.each([
    ['See https://shop.example/a?b=1#c.', 'https://shop.example/a?b=1#c'],
    ['(http://shop.example/x_(y))', 'http://shop.example/x_(y)'],
    ['请看https://shop.example/a，谢谢', 'https://shop.example/a'],
    ['"HTTPS://SHOP.example/"', 'HTTPS://SHOP.example/'],
    ['voir http://127.0.0.1:8000/!', 'http://127.0.0.1:8000/'],
    ['كتب https://shop.example/ar هنا', 'https://shop.example/ar'],
  ])('%s', (text, said) => {
    expect(links(text)).toEqual([[said, new URL(said).href]]);
  });

  test.each([
    ['Write to ana@shop.example, please', 'ana@shop.example', 'mailto:ana@shop.example'],
    ['mailto:ana@shop.example', 'mailto:ana@shop.example', 'mailto:ana@shop.example'],
  ])('%s', (text, said, href) => {
    expect(links(text)).toEqual([[said, href]]);
  });

  test('several in one text, which stays whole', () => {
    const text = 'a https://x.example b\nhttp://y.example, c@z.example!';
    expect(links(text).map(([said]) => said)).toEqual([
      'https://x.example',
      'http://y.example',
      'c@z.example',
    ]);
    expect(
      pieces(text)
        .map((piece) => piece.text)
        .join(''),
    ).toBe(text);
  });
});

describe('what cannot', () => {
  test.each([
    'javascript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'ftp://shop.example',
    '//shop.example',
    'https://',
    'http://[bad',
    'https://shop.example@elsewhere.example/',
    'xhttps://shop.example',
    'mailto:nobody',
    'a@b',
    '<a href="x">',
  ])('%s', (text) => {
    expect(pieces(text)).toEqual([{ text, href: null }]);
  });

  test('what turns the reading direction is no part of an address', () => {
    expect(links('https://shop.example/\u202egnp.exe')).toEqual([
      ['https://shop.example/', 'https://shop.example/'],
    ]);
  });
});

describe('where an address leads', () => {
  test.each([
    ['https://shop.example/', 'shop.example'],
    ['https://shop.example:8443/a/caf%C3%A9?x=1#y', 'shop.example:8443/a/café?x=1'],
    ['https://shop.example@elsewhere.example/a', 'elsewhere.example/a'],
    ['https://shop.example/%E2%80%AEgnp', 'shop.example/%E2%80%AEgnp'],
    ['https://аpple.example/', 'xn--pple-43d.example'],
  ])('%s', (address, place) => {
    expect(placeOf(address)).toBe(place);
  });
  test.each(['javascript:alert(1)', '/relative', ''])('%j leads nowhere', (address) => {
    expect(placeOf(address)).toBeNull();
  });
});
