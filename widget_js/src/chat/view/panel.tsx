import type { VNode } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { rows } from "../rows";
import type { ChatSession } from "../session";
import { fill, languageName, ownName } from "../texts";
import { Composer } from "./composer";
import { ChevronDown, Globe, Translate } from "./icons";
import { Log } from "./log";
import { Menu } from "./menu";
import { Rating } from "./rating";
import type { Ui } from "./ui";
import { PHONE, fitToKeyboard, keepFocusInside } from "./window";

const FALLBACK_MAX_LENGTH = 4000;
/** More languages than this are not worth reading as a list. */
const LANGUAGES_SHOWN = 8;

interface PanelProps {
  session: ChatSession;
  /** `session.version`: the session itself is always the same object. */
  version: number;
  ui: Ui;
  open: boolean;
  takesFocus: boolean;
  draft: string;
  setDraft: (change: (text: string) => string) => void;
  close: () => void;
}

function Greeting({ session, ui }: { session: ChatSession; ui: Ui }): VNode {
  const { texts } = ui;
  const { unserved } = session.speech;
  const languages = (session.site?.languages ?? []).filter((tag) => !unserved.includes(tag));
  return (
    <div class="greeting">
      <div class="mark" aria-hidden="true">
        <span />
        <Translate />
        <span />
      </div>
      <h2>{texts.greeting}</h2>
      <p>{session.speech.translates(ui.language) ? texts.greetingBody : texts.greetingPlain}</p>
      {languages.length > 1 && languages.length <= LANGUAGES_SHOWN && (
        <ul>
          {languages.map((tag) => (
            <li key={tag} lang={tag}>
              {ownName(tag)}
            </li>
          ))}
        </ul>
      )}
      {session.availability === "offline" && <p class="away">{texts.offlineNotice}</p>}
    </div>
  );
}

function Header({ session, ui, menu, setMenu, close }: { session: ChatSession; ui: Ui; menu: boolean; setMenu: (open: boolean) => void; close: () => void }): VNode {
  const { texts } = ui;
  const { site, availability } = session;
  const { language } = session.speech;
  const [logoFails, setLogoFails] = useState(false);
  const operator = session.timeline.conversation?.value.closed ? null : session.timeline.operator?.value;
  const code = language?.split("-")[0]?.toUpperCase();
  const title = operator?.name ?? site?.name ?? texts.chat;
  const logo = operator ? undefined : site?.appearance.logo;
  // Beside a name it is that person's presence. While disconnected nobody knows whether there is anybody at the desk.
  const present = operator && session.owner ? (session.owner.here ? "online" : "away") : availability;
  const known = session.phase === "online" ? present : null;
  const status = known === null ? (session.refusal === null ? texts.connecting : "") : texts[known];
  return (
    // Of the dialog alone: a screen reader must not take it for the page's banner.
    <header role="presentation">
      <div class="avatar" data-status={known}>
        {typeof logo === "string" && logo.startsWith("https://") && !logoFails ? (
          <img src={logo} alt="" onError={() => { setLogoFails(true); }} />
        ) : (
          <span aria-hidden="true">{Array.from(title)[0]?.toLocaleUpperCase(ui.language)}</span>
        )}
      </div>
      <div class="heading">
        <h1>
          <bdi>{title}</bdi>
        </h1>
        <p>{operator && site ? `${site.name} · ${status}` : status}</p>
      </div>
      {language !== null && (
        <button
          type="button"
          class="chip"
          aria-expanded={menu}
          aria-label={`${code} · ${languageName(language, ui.language)}. ${texts.notMyLanguage}`}
          title={texts.notMyLanguage}
          onClick={() => {
            setMenu(!menu);
          }}
        >
          <Globe />
          <span>{code}</span>
        </button>
      )}
      <button type="button" class="round" aria-label={texts.closeChat} title={texts.closeChat} onClick={close}>
        <ChevronDown />
      </button>
    </header>
  );
}

/** What stands between the visitor and the conversation right now; null when nothing does. */
function obstacle(session: ChatSession, ui: Ui): string | null {
  const { texts } = ui;
  if (session.refusal === "unsupported_version") return texts.reloadPage;
  if (session.refusal !== null) return texts.unavailable;
  if (session.phase === "online") return null;
  return session.site === null ? texts.connecting : texts.noConnection;
}

export function Panel(props: PanelProps): VNode {
  const { session, version, ui, open, takesFocus, draft, setDraft, close } = props;
  const { texts } = ui;
  const panel = useRef<HTMLDivElement>(null);
  const [menu, setMenu] = useState(false);
  const [phone, setPhone] = useState(PHONE.matches);
  // A page that has only just begun to connect should not shout about it.
  const [patience, setPatience] = useState(true);
  const blocked = obstacle(session, ui);

  useEffect(() => {
    setPatience(true);
    if (session.phase !== "connecting") return undefined;
    const timer = setTimeout(() => { setPatience(false); }, 1200);
    return () => { clearTimeout(timer); };
  }, [session.phase]);

  useLayoutEffect(() => {
    const element = panel.current;
    if (!open) setMenu(false); // it was about this visit: what is opened again begins with the messages
    if (!open || !element) return undefined;
    const update = (): void => { setPhone(PHONE.matches); };
    PHONE.addEventListener("change", update);
    const release = fitToKeyboard(element);
    // On a phone the keyboard would cover the greeting: there the visitor opens it.
    const touch = matchMedia("(pointer: coarse)").matches;
    if (takesFocus) (touch ? element : element.querySelector("textarea"))?.focus({ preventScroll: true });
    return () => {
      PHONE.removeEventListener("change", update);
      release();
    };
  }, [open]);

  const conversation = session.timeline.conversation?.value;
  const rating = session.timeline.rating?.value;
  const maxLength = session.site?.max_message_length ?? FALLBACK_MAX_LENGTH;
  // The same object for the same state: typing does not go through every message again.
  const log = useMemo(
    () => (
        <Log
          rows={rows(session.timeline, session.outbox.pending(), Date.now())}
          ui={ui}
          greeting={<Greeting session={session} ui={ui} />}
          ending={
            conversation?.closed ? (
              <Rating
                key={`rating-${conversation.id}`}
                ui={ui}
                given={rating?.conversation === conversation.id ? rating : null}
                rate={(stars, comment) => void session.requests.rate(stars, comment)}
              />
            ) : null
          }
          typing={session.typing}
          maxLength={maxLength}
          onEarlier={session.earlier.any ? () => void session.earlier.load() : null}
          actions={{
            edit: (id) => {
              const text = session.outbox.remove(id);
              if (text !== null) setDraft((before) => (before.trim() ? `${before}\n${text}` : text));
              panel.current?.querySelector("textarea")?.focus();
            },
            retry: (id) => { session.outbox.retry(id); },
            discard: (id) => { session.outbox.remove(id); },
          }}
        />
    ),
    [session, version, ui, maxLength],
  );
  const onKeyDown = (event: KeyboardEvent): void => {
    // The shop's page must not act on keys typed into the chat.
    event.stopPropagation();
    if (event.key === "Escape") {
      if (menu) setMenu(false);
      else close();
    } else if (phone && panel.current) keepFocusInside(panel.current, event);
  };

  return (
    <div
      ref={panel}
      class="panel"
      role="dialog"
      aria-modal={phone}
      aria-label={`${texts.chat}: ${session.site?.name ?? ""}`}
      lang={ui.language}
      dir={ui.direction}
      tabIndex={-1}
      hidden={!open}
      onKeyDown={onKeyDown}
    >
      <Header session={session} ui={ui} menu={menu} setMenu={setMenu} close={close} />
      {menu && (
        <Menu
          ui={ui}
          languages={session.site?.languages ?? []}
          unserved={session.speech.unserved}
          language={session.speech.language}
          pinned={session.speech.pinned}
          choose={(language) => {
            setMenu(false);
            void session.speech.choose(language);
          }}
          end={
            conversation && !conversation.closed
              ? () => {
                  setMenu(false);
                  void session.requests.endConversation();
                }
              : null
          }
        />
      )}
      <div class="banner" role="status" data-kind={session.refusal ? "refused" : "connection"}>
        {blocked !== null && (session.refusal !== null || !patience) && <p>{blocked}</p>}
        {session.phase === "online" && session.requests.retrying && <p>{texts.sending}</p>}
        {session.phase === "online" && session.requests.undone !== null && (
          <p>
            {texts.notSent}{" "}
            <button type="button" class="link" onClick={session.requests.undone}>
              {texts.retry}
            </button>
          </p>
        )}
        {session.phase === "online" && session.availability === "online" && session.queue !== null && (
          <p class="queue">{fill(texts.queue, { position: session.queue })}</p>
        )}
      </div>
      {log}
      <Composer
        ui={ui}
        draft={draft}
        maxLength={maxLength}
        translates={session.speech.translates(ui.language)}
        disabled={session.phase === "refused"}
        open={open}
        setDraft={(text) => {
          setDraft(() => text);
          if (text) session.writing();
        }}
        send={() => {
          if (session.send(draft)) setDraft(() => "");
        }}
      />
    </div>
  );
}
