/**
 * `widget.js`: on every page of the shop, so it is small and does little. It shows the button, keeps
 * the calls the shop makes early, and loads the chat when the visitor opens it, or at once when a
 * conversation is already going on. It stores nothing.
 */
import { readConfig, type WidgetConfig } from "./config";
import type { Chat, ChatModule, PageInfo, User, WidgetEvent } from "./host";
import { openLabel } from "./labels";
import { makeLauncher } from "./launcher";
import { forgetOtherCustomer, widgetStorage } from "./storage";

/** File name of the chat's entry, put in by the build. */
declare const __CHAT_CHUNK__: string;

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
  let chat: Chat | null = null;

  const parts = makeLauncher(config, openLabel(locale), () => {
    if (chat) chat.toggle();
    else open();
  });

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
    if (loading || chat) return;
    loading = true;
    parts.launcher.button.setAttribute("aria-busy", "true");
    // A browser may remember a failed import under its address: the next attempt has another.
    const address = `${config.server}/widget/${__CHAT_CHUNK__}${attempts ? `?${attempts}` : ""}`;
    try {
      const module = (await import(/* @vite-ignore */ address)) as ChatModule;
      chat = module.mount({ ...parts, config: { ...config, locale }, storage, user, page, emit });
      if (wantsOpen) chat.open();
    } catch (error) {
      attempts += 1;
      warn("the chat could not be loaded; is script-src of the page's CSP right?", error);
    }
    loading = false;
    parts.launcher.button.removeAttribute("aria-busy");
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
      else parts.launcher.setLabel(openLabel(value));
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
    document.body.append(parts.element);
    api.push(...queued);
    if (storage.visit.read()?.conversation || storage.outbox.all().length) void load();
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
