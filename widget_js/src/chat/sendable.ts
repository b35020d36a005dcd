/** What a message may contain, and how it is counted. */

/** The text as the server takes it: no NUL, no lone surrogates, no white space around. */
export function sendableText(text: string): string {
  return text.replaceAll("\0", "").replace(/\p{Surrogate}/gu, "").trim();
}

/** Length in code points, as the server counts. */
export function codePoints(text: string): number {
  return Array.from(text).length;
}
