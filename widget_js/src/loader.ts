/**
 * `widget.js`: on every page of the shop, so it is small and does little. It asks whether this page
 * may have the chat, shows the button, keeps the calls the shop makes early, and loads the chat when
 * the visitor opens it, or at once when a conversation is already going on. It stores nothing.
 */
import { readConfig, type WidgetConfig } from "./config";
import type { Appearance, Chat, ChatModule, PageInfo, User, WidgetEvent } from "./host";
import { makeLauncher } from "./launcher";
import { pause } from "./pause";
import { forgetOtherCustomer, widgetStorage } from "./storage";

/** File name of the chat's entry, put in by the build. */
declare const __CHAT_CHUNK__: string;

/** How often a page asks whether it may have the chat, where no answer comes. */
const ASKS = 6;

/** `/widget/site/{key}.json` (docs/protocol.md). */
interface SiteFacts {
  readonly appearance: Appearance;
  readonly unserved: readonly string[];
  readonly texts: { readonly openChat?: string; readonly cannotLoad?: string };
}

type Listener = (detail: unknown) => void;
type Command = readonly [name: string, ...values: unknown[]];

interface PublicApi {
  push(...commands: Command[]): void;
  open(): void;
  close(): void;
  setUser(user: User | null): void;
  setLocale(locale: string): void;
  setPage(page: PageInfo): void;
  on(event: WidgetEvent, listener: Listener): () => void;
}

declare global {
  interface Window {
    translateProxy?: Command[] | PublicApi;
  }
}

function warn(text: string, detail: unknown = ""): void {
  console.warn(`translate_proxy: ${text}`, detail);
}

function start(config: WidgetConfig, queued: readonly Command[]): PublicApi {
  const storage = widgetStorage(config.site);
  const listeners = new Map<string, Set<Listener>>();
  let locale = config.locale;
  let user: User | null = null;
  let page: PageInfo | null = null;
  let wantsOpen = false;
  let attempts = 0;
  let loading = false;
  let timer = 0;
  let facts: SiteFacts | null = null;
  let chat: Chat | null = null;

  const parts = makeLauncher(config, () => {
    if (chat) chat.toggle();
    else open();
  });
  const { launcher } = parts;
  /** Milliseconds before the next try, after so many failures. */

  const emit = (event: WidgetEvent, detail: unknown): void => {
    for (const listener of listeners.get(event) ?? []) {
      try {
        listener(detail);
      } catch (error) {
        warn(`a listener of "${event}" failed`, error);
      }
    }
  };

  const load = async (): Promise<void> => {
    if (loading || chat || !facts) return;
    loading = true;
    clearTimeout(timer);
    launcher.button.setAttribute("aria-busy", "true");
    // A browser may remember a failed import under its address: the next attempt has another.
    const address = `${config.server}/widget/${__CHAT_CHUNK__}${attempts ? `?${attempts}` : ""}`;
    try {
      const module = (await import(/* @vite-ignore */ address)) as ChatModule;
      const { unserved } = facts;
      chat = module.mount({ ...parts, config: { ...config, locale }, storage, user, page, emit, unserved });
      launcher.setNote("");
      if (wantsOpen) chat.open();
    } catch (error) {
      attempts += 1;
      if (wantsOpen) launcher.setNote(facts.texts.cannotLoad ?? "");
      timer = setTimeout(() => void load(), pause(attempts));
      warn("the chat could not be loaded; is script-src of the page's CSP right?", error);
    }
    loading = false;
    launcher.button.removeAttribute("aria-busy");
  };

  /** Ask for what the button needs; null when the server has not answered this page. */
  const ask = async (): Promise<SiteFacts | null> => {
    const [site, lang] = [config.site, locale].map(encodeURIComponent);
    const address = `${config.server}/widget/site/${site}.json?lang=${lang}`;
    try {
      const answer = await fetch(address, { credentials: "omit" });
      return answer.ok ? ((await answer.json()) as SiteFacts) : null;
    } catch {
      return null; // refused or out of reach: browsers do not tell which
    }
  };

  const setLabel = (): void => {
    launcher.setLabel(facts?.texts.openChat ?? "Chat");
  };

  /** Show the button, where the server takes this page for one of the site's. */
  const arrive = async (asked: number): Promise<void> => {
    facts = await ask();
    if (!facts) {
      if (asked === 1) warn(`no answer for "${config.site}": is it a site's key, and is ${location.origin} one of its origins?`);
      // Whoever has written here before was let in: what they are waiting for will come.
      if (asked < ASKS || storage.visit.read()) setTimeout(() => void arrive(asked + 1), pause(asked));
      return;
    }
    parts.setAppearance(facts.appearance);
    setLabel();
    document.body.append(parts.element);
    if (wantsOpen || storage.visit.read()?.conversation || storage.outbox.all().length) void load();
  };

  const open = (): void => {
    wantsOpen = true;
    if (chat) chat.open();
    else void load();
  };

  const api: PublicApi = {
    push(...commands) {
      for (const [name, ...values] of commands) {
        const method = (api as unknown as Record<string, unknown>)[name];
        if (typeof method === "function" && name !== "push") (method as (...all: unknown[]) => void)(...values);
        else warn(`there is no "${name}"`);
      }
    },
    open,
    close() {
      wantsOpen = false;
      launcher.setNote("");
      chat?.close();
    },
    setUser(value) {
      user = value;
      // A name alone is not another person: only a signature or null says who is, or is not, there.
      const left = (value === null || value.hmac !== undefined) && forgetOtherCustomer(storage, value?.id ?? null);
      chat?.setUser(value, left);
    },
    setLocale(value) {
      locale = value;
      if (chat) chat.setLocale(value);
      else if (facts) {
        void ask().then((found) => {
          if (!found || chat) return;
          facts = found;
          setLabel();
        });
      }
    },
    setPage(value) {
      page = value;
      chat?.setPage(value);
    },
    on(event, listener) {
      const known = listeners.get(event) ?? new Set();
      listeners.set(event, known.add(listener));
      return () => known.delete(listener);
    },
  };

  const show = (): void => {
    api.push(...queued);
    void arrive(1);
  };
  if (document.body as HTMLElement | null) show();
  else document.addEventListener("DOMContentLoaded", show);
  return api;
}

const script = document.currentScript ?? document.querySelector('script[data-site][src*="widget.js"]');
const existing = window.translateProxy;
if (script instanceof HTMLScriptElement && (!existing || Array.isArray(existing))) {
  const config = readConfig({
    src: script.src,
    data: script.dataset,
    pageLanguage: document.documentElement.lang,
    browserLanguage: navigator.language,
  });
  if (typeof config === "string") warn(config);
  else window.translateProxy = start(config, existing ?? []);
}
