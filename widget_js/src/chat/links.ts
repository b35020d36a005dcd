/** A text cut into plain parts and web addresses, for making links without any markup. */
export interface TextPart {
  readonly text: string;
  /** Set when the part is an http or https address. */
  readonly href?: string;
}

const ADDRESS = /https?:\/\/[^\s<>"'`]+/gi;

/** Punctuation that ends a sentence rather than an address. */
const TRAILING = /[.,;:!?)\]}»”…]+$/;

export function withLinks(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let end = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const address = match[0].replace(TRAILING, "");
    if (!URL.canParse(address)) continue;
    if (match.index > end) parts.push({ text: text.slice(end, match.index) });
    parts.push({ text: address, href: address });
    end = match.index + address.length;
  }
  if (end < text.length) parts.push({ text: text.slice(end) });
  return parts;
}
