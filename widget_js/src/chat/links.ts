/** A text cut into plain parts, web addresses and codes, for showing them without any markup. */
export interface TextPart {
  readonly text: string;
  /** Set when the part is an http or https address. */
  readonly href?: string;
  /** The part is read as one, as an order number is: no line may end inside. */
  readonly code?: true;
}

const ADDRESS = /https?:\/\/[^\s<>"'`]+/gi;

/** Punctuation that ends a sentence rather than an address. */
const TRAILING = /[.,;:!?)\]}»”…]+$/;

/** Letters of the alphabets whose words are apart, digits, and the signs that a line may end after. */
const RUN = /([\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{Nd}\-‐‑–/\\_.,:#+*&@?!%=~|]+)/u;
const SIGN = /[^\p{L}\p{Nd}]/u;
const SENTENCE_END = /[.,:?!]+$/;

/** Whether a run of signs is a code: signs inside, and digits or nothing but capitals. */
function isCode(run: string): boolean {
  return SIGN.test(run) && (/\p{Nd}/u.test(run) || (/\p{Lu}.*\p{Lu}/u.test(run) && !/\p{Ll}/u.test(run)));
}

/** Codes apart from what is around them. */
function withCodes(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let plain = "";
  for (const piece of text.split(RUN)) {
    const run = piece.replace(SENTENCE_END, "");
    if (!RUN.test(run) || !isCode(run)) {
      plain += piece;
      continue;
    }
    if (plain) parts.push({ text: plain });
    parts.push({ text: run, code: true });
    plain = piece.slice(run.length);
  }
  if (plain) parts.push({ text: plain });
  return parts;
}

export function withLinks(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let end = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const address = match[0].replace(TRAILING, "");
    if (!URL.canParse(address)) continue;
    parts.push(...withCodes(text.slice(end, match.index)));
    parts.push({ text: address, href: address });
    end = match.index + address.length;
  }
  parts.push(...withCodes(text.slice(end)));
  return parts;
}
