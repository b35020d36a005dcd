/** The seam between the loader, which is on every page, and the chat, which is loaded on demand. */
import type { WidgetConfig } from "./config";
import type { WidgetStorage } from "./storage";

/** A visitor the shop knows. With `hmac` it is signed (docs/embedding.md), else only a name. */
export interface User {
  id?: string;
  name?: string;
  email?: string;
  locale?: string;
  expires?: number;
  hmac?: string;
}

/** What the shop tells of the page; `url` and `title` default to the document's. */
export interface PageInfo {
  url?: string;
  title?: string;
  referrer?: string;
  lang?: string;
  cart?: unknown;
}

export type WidgetEvent = "open" | "close" | "message" | "unread" | "availability";

/** A site's `appearance`, as the shop wrote it. */
export type Appearance = Readonly<Record<string, unknown>>;

/** The round button in the page's corner. */
export interface Launcher {
  readonly button: HTMLButtonElement;
  setLabel(label: string): void;
  setOpen(open: boolean): void;
  setUnread(count: number): void;
  /** A word beside the button; empty: none. */
  setNote(text: string): void;
}

/** What the loader hands to the chat. */
export interface WidgetHost {
  readonly config: WidgetConfig;
  readonly element: HTMLElement;
  readonly root: ShadowRoot;
  readonly launcher: Launcher;
  readonly storage: WidgetStorage;
  readonly user: User | null;
  readonly page: PageInfo | null;
  readonly emit: (event: WidgetEvent, detail: unknown) => void;
  readonly setAppearance: (appearance: Appearance) => void;
  /** The languages that nothing translates, as known before the chat has connected. */
  readonly unserved: readonly string[];
}

/** What the chat hands back. */
export interface Chat {
  open(): void;
  close(): void;
  toggle(): void;
  /** `left`: another customer was signed in here until now, and has been forgotten. */
  setUser(user: User | null, left: boolean): void;
  setLocale(locale: string): void;
  setPage(page: PageInfo): void;
}

export interface ChatModule {
  mount(host: WidgetHost): Chat;
}
