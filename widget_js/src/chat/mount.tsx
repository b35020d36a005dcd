/** The entry of the lazily loaded chat: puts session, texts and view together in the loader's root. */
import { render } from "preact";
import type { Appearance, Chat, WidgetHost } from "../host";
import { ChatSession } from "./session";
import css from "./styles.css?inline";
import type { SiteInfo } from "./protocol";
import dark from "./dark.css?inline";
import { pause } from "../pause";
import { canonicalTag, directionOf, english, loadTexts, primaryLanguage, type Texts } from "./texts";
import { Panel } from "./view/panel";
import type { Ui } from "./view/ui";
import { PHONE } from "./view/window";

function sheets(theme: "auto" | "light" | "dark"): CSSStyleSheet[] {
  const themed = { auto: `@media (prefers-color-scheme:dark){${dark}}`, light: "", dark }[theme];
  return [css, themed].map((text) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    return sheet;
  });
}

export function mount(host: WidgetHost): Chat {
  const { root, launcher, storage, config } = host;
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, ...sheets(config.theme)];
  const container = document.createElement("div");
  root.append(container);

  const tab = storage.tab.read();
  let open = false;
  let takesFocus = false;
  let draft = tab?.draft ?? "";
  let locale = config.locale;
  /** The language that was spoken when the shop last chose one: a newer word counts more. */
  let spokenAtChoice: string | null = null;
  let loaded: { tag: string; texts: Texts } = { tag: "en", texts: english };
  let wantedTag = "";
  /** The interface as it was last put together: the same object as long as nothing has changed. */
  let view: { made: typeof loaded; site: SiteInfo | null; ui: Ui } | null = null;
  let appearance: Appearance | null = null;
  let unread = 0;
  let scheduled = false;

  const session = new ChatSession(host, schedule);

  function remember(): void {
    storage.tab.write(open || draft ? { open, draft } : null);
  }

  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    queueMicrotask(() => {
      scheduled = false;
      update();
    });
  }

  /** The interface speaks what the visitor speaks, once that is known; before, the page's language. */
  function followLanguage(): void {
    const { spoken } = session.speech;
    const tag = spoken !== null && spoken !== spokenAtChoice ? spoken : locale;
    if (tag === wantedTag) return;
    wantedTag = tag;
    void speak(tag, 0);
  }

  /** Put up the texts of a language, or the page's where there are none. Those in use stay while they
   * cannot be loaded, and it is tried again until they can or another language is wanted. */
  async function speak(tag: string, failures: number): Promise<void> {
    let found: typeof loaded | null = null;
    let failed = false;
    for (const one of [tag, locale]) {
      if (found) break;
      try {
        const texts = await loadTexts(one);
        if (texts) found = { tag: canonicalTag(one), texts };
      } catch {
        failed = true;
      }
    }
    if (wantedTag !== tag) return;
    if (found ?? !failed) loaded = found ?? { tag: "en", texts: english };
    schedule();
    if (failed) setTimeout(() => { if (wantedTag === tag) void speak(tag, failures + 1); }, pause(failures));
  }

  function ui(): Ui {
    const { site } = session;
    if (view?.made === loaded && view.site === site) return view.ui;
    const own = site?.texts[loaded.tag] ?? site?.texts[primaryLanguage(loaded.tag)];
    const texts = { ...loaded.texts, ...own };
    const made: Ui = { texts, language: loaded.tag, direction: directionOf(loaded.tag) };
    view = { made: loaded, site, ui: made };
    return made;
  }

  function followAppearance(): void {
    const wanted = session.site?.appearance ?? null;
    if (wanted === null || wanted === appearance) return;
    appearance = wanted;
    host.setAppearance(wanted);
  }

  function update(): void {
    followLanguage();
    followAppearance();
    if (open && document.visibilityState === "visible") session.markSeen();
    if (session.unread !== unread) {
      unread = session.unread;
      host.emit("unread", { count: unread });
    }
    const now = ui();
    launcher.setUnread(open ? 0 : unread);
    launcher.setLabel(open ? now.texts.closeChat : now.texts.openChat);
    render(
      <Panel
        session={session}
        version={session.version}
        ui={now}
        open={open}
        takesFocus={takesFocus}
        draft={draft}
        setDraft={setDraft}
        close={() => {
          chat.close();
        }}
      />,
      container,
    );
  }

  function show(): void {
    if (open) return;
    open = true;
    remember();
    session.start();
    launcher.setOpen(true);
    update();
    host.emit("open", {});
  }

  function setDraft(change: (text: string) => string): void {
    draft = change(draft);
    remember();
    schedule();
  }

  const chat: Chat = {
    open() {
      takesFocus = true;
      show();
    },
    close() {
      if (!open) return;
      open = false;
      remember();
      launcher.setOpen(false);
      update();
      launcher.button.focus({ preventScroll: true });
      host.emit("close", {});
    },
    toggle() {
      if (open) chat.close();
      else chat.open();
    },
    setUser(user, left) {
      if (left) draft = "";
      session.setUser(user, left);
    },
    setLocale(tag) {
      locale = tag;
      spokenAtChoice = session.speech.spoken;
      session.setLocale(tag);
      schedule();
    },
    setPage: (page) => {
      session.setPage(page);
    },
  };

  document.addEventListener("visibilitychange", schedule);
  if (storage.visit.read()?.conversation || storage.outbox.all().length) session.start();
  // The visitor had it open on the page before: it is there again, without taking the focus from
  // the new page. On a phone it would cover what they asked for.
  if (tab?.open && !PHONE.matches) show();
  else update();
  return chat;
}
