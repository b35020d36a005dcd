/** What the server takes: a page with a long title must not keep its visitor out of the chat. */
import type { PageInfo } from "../host";

export const MAX_TAG = 35;
export const MAX_NAME = 200;
export const MAX_LANGUAGES = 20;
const MAX_PAGE = { url: 2048, title: 500, referrer: 2048, lang: MAX_TAG } as const;

/** The text as the server takes it: no NUL, no lone surrogates, no white space around. */
export function sendableText(text: string): string {
  return text.replaceAll("\0", "").replace(/\p{Surrogate}/gu, "").trim();
}

/** Length in code points, as the server counts. */
export function codePoints(text: string): number {
  return Array.from(text).length;
}

/** The page's description, cut to what the server takes; a cart that is no object is left out. */
export function sendablePage(page: PageInfo): PageInfo {
  const { cart } = page;
  const plain = typeof cart === "object" && cart !== null && !Array.isArray(cart);
  const sendable: PageInfo = plain ? { cart } : {};
  for (const [name, limit] of Object.entries(MAX_PAGE)) {
    const value: unknown = page[name as keyof typeof MAX_PAGE];
    if (typeof value === "string") {
      sendable[name as keyof typeof MAX_PAGE] = sendableText(sendableText(value).slice(0, limit));
    }
  }
  return sendable;
}
