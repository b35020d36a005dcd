/** Links in people's texts, found and checked; whoever shows them makes elements, never markup. */

/** A piece of a text: plain where `href` is null, else what the text says of the link. */
export interface Piece {
  text: string;
  href: string | null;
}

/** No white space, quotes, brackets of markup, controls, bidi controls, or marks that end a
 * sentence where no spaces are written. */
const ADDRESS =
  '[^\\s<>"\'`“”„«»「」『』【】《》〈〉（），。；：！？、\\p{Cc}\\p{Cf}]+';
const FOUND = new RegExp(
  `(?<!\\w)(?:https?://${ADDRESS}|mailto:${ADDRESS})` +
    '|(?<![\\w.+%-])[\\w.+%-]{1,64}@(?:[\\p{L}\\p{N}-]{1,63}\\.){1,8}\\p{L}{2,24}(?![\\p{L}\\p{N}@])',
  'giu',
);
const CLOSING: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };

/** The text in pieces whose texts together are the text. http, https and mailto become links. */
export function pieces(text: string): Piece[] {
  const found: Piece[] = [];
  let done = 0;
  for (const match of text.matchAll(FOUND)) {
    const said = text.slice(match.index, match.index + ending(match[0]));
    const href = hrefOf(said);
    if (href === null) continue;
    if (match.index > done) found.push({ text: text.slice(done, match.index), href: null });
    found.push({ text: said, href });
    done = match.index + said.length;
  }
  if (done < text.length) found.push({ text: text.slice(done), href: null });
  return found;
}

/** Where in the shop, or in the world, an address leads: never what its page calls itself. Null
 * for what is no http(s) address. */
export function placeOf(address: string): string | null {
  const url = parsed(address);
  if (!url || !/^https?:$/u.test(url.protocol)) return null;
  return url.host + (url.pathname === '/' ? '' : readable(url.pathname)) + readable(url.search);
}

/** How much of it belongs to the address: marks of the sentence around it do not. */
function ending(said: string): number {
  const open: Record<string, number> = {};
  for (const letter of said) {
    const opener = CLOSING[letter];
    if (opener) open[opener] = (open[opener] ?? 0) - 1;
    else if ('([{'.includes(letter)) open[letter] = (open[letter] ?? 0) + 1;
  }
  let end = said.length;
  for (; end > 0; end -= 1) {
    const last = said.charAt(end - 1);
    const opener = CLOSING[last];
    if (opener && (open[opener] ?? 0) < 0) open[opener] = (open[opener] ?? 0) + 1;
    else if (!'.,;:!?…*_~'.includes(last)) break;
  }
  return end;
}

function hrefOf(said: string): string | null {
  const bare = !/^(?:https?|mailto):/iu.test(said);
  const url = parsed(bare ? `mailto:${said}` : said);
  if (!url) return null;
  // `https://shop.example@elsewhere.example` leads where it does not seem to.
  if (url.username !== '' || url.password !== '') return null;
  const usable = url.protocol === 'mailto:' ? url.pathname.includes('@') : url.hostname !== '';
  return usable ? url.href : null;
}

function parsed(address: string): URL | null {
  return URL.canParse(address) ? new URL(address) : null;
}

/** Percent signs resolved where that leaves nothing that could pass for something else. */
function readable(part: string): string {
  try {
    const plain = decodeURIComponent(part);
    return /[\s\p{C}]/u.test(plain) ? part : plain;
  } catch {
    return part; // not UTF-8; it is shown as it came
  }
}
