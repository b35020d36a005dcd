/**
 * One visitor's chat in one tab: the connection, the timeline and the outbox put together. The view
 * reads its fields and calls its methods; `changed` says when to look again.
 */
import type { PageInfo, User, WidgetHost } from "../host";
import type { StoredVisit } from "../storage";
import { Connection } from "./connection";
import { Earlier } from "./earlier";
import { Introduction } from "./introduction";
import { Outbox } from "./outbox";
import type { Ack, Availability, LogEvent, MessageAck, Owner, Page, SiteInfo, SyncPage, Welcome, WireError } from "./protocol";
import { PASSING, Requests } from "./requests";
import { isHeld, nextDeadline, unreadCount } from "./rows";
import { MAX_TAG, codePoints, sendableText } from "./sendable";
import { Speech, type PinAck } from "./speech";
import { exclusive, newId, watchStorage } from "./tabs";
import { apply, emptyTimeline, firstCursor, movedTo, readingIn, type Timeline } from "./timeline";
import { Typing } from "./typing";

/** `refused`: the server will not have this page, see `refusal`. */
export type Phase = "idle" | "connecting" | "online" | "refused";

const later = (ms: number, task: () => void): void => void window.setTimeout(task, ms);

export class ChatSession {
  /** Another number whenever there is something new to show. */
  version = 0;
  phase: Phase = "idle";
  /** The code of a refusal that trying again does not change. */
  refusal: string | null = null;
  site: SiteInfo | null = null;
  availability: Availability | null = null;
  /** Who answers; null while nobody does. */
  owner: Owner | null = null;
  timeline: Timeline = emptyTimeline;
  /** Place in the queue, from 1; null when not waiting. */
  queue: number | null = null;
  readonly earlier: Earlier;
  readonly requests: Requests;
  readonly outbox: Outbox;
  readonly speech: Speech;
  readonly typing: Typing;

  readonly #host: WidgetHost;
  readonly #changed: () => void;
  readonly #connection: Connection;
  readonly #me: Introduction;
  #visitorId: string | null = null;
  #log: string | null = null;
  #head = 0;
  #syncing = false;
  #holdTimer: number | undefined;
  #releaseFirst: (() => void) | null = null;

  constructor(host: WidgetHost, onChange: () => void) {
    const changed = (): void => {
      this.version += 1;
      onChange();
    };
    this.#host = host;
    this.#changed = changed;
    this.#me = new Introduction(host);
    this.typing = new Typing(changed);
    const { visit, outbox } = host.storage;
    this.#connection = new Connection(host.config.server, {
      auth: () => {
        const position = this.#log === null ? null : { log: this.#log, cursor: this.timeline.cursor };
        return this.#me.auth(visit.read()?.token, position);
      },
      lost: () => {
        this.#lost();
      },
      refused: (error) => this.#refused(error),
      events: {
        welcome: (welcome: Welcome) => {
          this.#welcome(welcome);
        },
        event: (event: LogEvent) => {
          this.#apply([event], true);
        },
        head: ({ cursor }: { cursor: number }) => void this.#catchUp(cursor),
        typing: ({ name }: { name?: string }) => {
          this.typing.show(name ?? null);
        },
        queue: ({ position }: { position: number }) => {
          this.queue = position;
          changed();
        },
        owner: (owner: Owner) => {
          this.owner = owner.name === null ? null : owner;
          changed();
        },
        site: ({ site }: { site: SiteInfo }) => {
          this.site = site;
          changed();
        },
        availability: ({ status }: { status: Availability }) => {
          this.#setAvailability(status);
        },
      },
    });
    this.outbox = new Outbox({
      shelf: outbox,
      send: ({ id, text }) => this.#connection.call<MessageAck>("message", { id, text, language: this.speech.choice ?? undefined }),
      connected: () => this.phase === "online",
      exclusive: (task) => exclusive(`${outbox.prefix}send`, task),
      later,
      now: Date.now,
      newId,
      changed,
      acknowledged: () => {
        this.#remember({ conversation: true });
        this.speech.pinChoice();
      },
    });
    const call = this.#call.bind(this);
    this.requests = new Requests({ call, later, newId, changed });
    this.speech = new Speech({
      choice: visit.read()?.choice ?? null,
      locale: () => this.#me.locale,
      site: () => this.site,
      unserved: host.unserved,
      timeline: () => this.timeline,
      setTimeline: (timeline) => {
        this.timeline = timeline;
        changed();
      },
      remember: (choice) => {
        this.#remember({ choice });
        changed();
      },
      pin: (language, again) => this.requests.ask<PinAck>("set_language", { language }, again),
      tell: (locale) => this.#call("page", { ...this.#me.pageInfo(), locale: locale.slice(0, MAX_TAG) }),
    });
    this.earlier = new Earlier({
      history: (limit) => this.#call<Page>("history", { before: firstCursor(this.timeline), limit }),
      show: (events) => {
        this.#apply(events, false);
      },
      later,
      changed,
    });
    watchStorage({
      [outbox.prefix]: () => {
        changed();
        this.outbox.pump();
      },
      [visit.key]: () => {
        this.#otherTabChanged();
      },
    });
    // The library waits out its delay; the browser often knows sooner.
    window.addEventListener("online", () => {
      if (this.phase === "connecting") this.#connection.restart();
    });
  }

  get unread(): number {
    const { visit } = this.#host.storage;
    return unreadCount(this.timeline, visit.read()?.seen ?? 0, Date.now());
  }

  /** Connect, unless that has happened. */
  start(): void {
    if (this.phase === "idle") this.#begin();
  }

  /** Connect as the visitor whom the storage knows, or as a new one. */
  #begin(): void {
    this.#connection.stop();
    this.phase = "connecting";
    this.#changed();
    const { visit } = this.#host.storage;
    if (visit.read()) {
      this.#connection.connect();
      return;
    }
    // Two tabs opened at once must become one visitor: the first one fetches the token.
    void exclusive(`${visit.key}.first`, async () => {
      if (!visit.read()) {
        const first = new Promise<void>((resolve) => (this.#releaseFirst = resolve));
        this.#connection.connect();
        window.setTimeout(() => this.#releaseFirst?.(), 10_000);
        await first;
      } else this.#connection.connect();
    });
  }

  /** Send a message. False when it is empty or too long. */
  send(text: string): boolean {
    const sendable = sendableText(text);
    if (!sendable || (this.site && codePoints(sendable) > this.site.max_message_length)) return false;
    this.outbox.add(sendable);
    return true;
  }

  /** The visitor is writing. */
  writing(): void {
    if (this.timeline.conversation && this.typing.due(Date.now())) this.#connection.tell("typing", {});
  }

  /** Everything readable now has been seen. */
  markSeen(): void {
    const now = Date.now();
    const read = [...this.timeline.messages.values()].filter((one) => !isHeld(this.timeline, one, now));
    const seen = Math.max(0, ...read.map((one) => one.cursor));
    if (seen > (this.#host.storage.visit.read()?.seen ?? 0)) this.#remember({ seen });
  }

  /** `left`: until now it was another customer, whom the storage has forgotten already. */
  setUser(user: User | null, left: boolean): void {
    this.#me.user = user;
    if (left) this.#leave();
    if (this.phase === "idle") return;
    this.#restart();
  }

  /** Nothing of this visitor may be left for who comes next. */
  #leave(): void {
    this.speech.become(null);
    this.outbox.clear();
  }

  /** The page has changed its language. */
  setLocale(locale: string): void {
    this.#me.locale = locale;
    void this.speech.pageSpeaks(locale);
  }

  setPage(page: PageInfo): void {
    this.#me.page = page;
    void this.#call("page", this.#me.pageInfo());
  }

  async #call<T extends object>(event: string, payload: object): Promise<Ack<T> | null> {
    try {
      return await this.#connection.call<T>(event, payload);
    } catch {
      // No answer: what these calls ask for can be asked again, unlike a message.
      return null;
    }
  }

  #remember(change: Partial<Pick<StoredVisit, "conversation" | "seen" | "choice">>): void {
    const { visit } = this.#host.storage;
    const known = visit.read();
    if (known) visit.write({ ...known, ...change });
  }

  #welcome(welcome: Welcome): void {
    const { visit } = this.#host.storage;
    const { log, token, visitor_id, site } = welcome;
    if (welcome.reset === true || (this.#log !== null && log !== this.#log)) this.#forget();
    this.#log = log;
    this.#visitorId = visitor_id;
    this.#head = welcome.head;
    this.site = site;
    this.phase = "online";
    this.refusal = null;
    this.timeline = readingIn(this.timeline, welcome.language);
    const known = visit.read();
    const seen = known?.log === log && known.visitor_id === visitor_id ? known.seen : 0;
    const conversation = welcome.conversation_id !== null;
    const { user } = this.#me;
    const signedIn = user?.hmac === undefined ? null : (user.id ?? null);
    const before = known?.visitor_id === visitor_id ? (known.customer ?? null) : null;
    const customer = signedIn ?? before;
    visit.write({ token, visitor_id, log, seen, conversation, choice: this.speech.choice, customer });
    this.#releaseFirst?.();
    this.owner = welcome.owner ?? null;
    this.#setAvailability(welcome.availability);
    this.outbox.pump();
    this.speech.pinChoice();
    if (known) this.earlier.lookSoon();
  }

  #restart(): void {
    this.#forget();
    this.#begin();
  }

  /** Start from nothing: the next connection brings the conversation anew. */
  #forget(): void {
    this.#visitorId = null;
    this.requests.forget();
    this.#log = null;
    this.timeline = emptyTimeline;
    this.outbox.forgetSent();
    this.earlier.forget();
    this.queue = null;
  }

  #lost(): void {
    if (this.phase === "online") this.phase = "connecting";
    this.typing.hide();
    this.#releaseFirst?.();
    this.#changed();
  }

  #refused(error: WireError): boolean {
    this.#releaseFirst?.();
    if (PASSING.has(error.code)) return true;
    switch (error.code) {
      case "bad_token":
        this.#host.storage.visit.write(null);
        this.#forget();
        return true;
      case "bad_identity":
        console.warn(`translate_proxy: setUser was refused: ${error.detail}`);
        this.#me.user = null;
        return true;
      default:
        console.warn(`translate_proxy: ${error.code}: ${error.detail}`);
        this.phase = "refused";
        this.refusal = error.code;
        this.#changed();
        return false;
    }
  }

  #apply(events: readonly LogEvent[], stream: boolean): void {
    const context = { now: Date.now(), head: this.#head, holdMs: this.site?.hold_ms ?? 0, stream };
    for (const event of events) {
      this.timeline = apply(this.timeline, event, context);
      if (event.type === "message") {
        const live = stream && event.cursor > this.#head;
        this.#messageArrived(event.message.client_id, event.message.from === "visitor", live);
      } else if (event.type === "assigned" || event.type === "transferred") this.queue = null;
      else if (event.type === "closed" && stream) this.#remember({ conversation: false });
      else if (event.type === "erased") this.#erased();
    }
    this.#scheduleHold();
    this.#changed();
  }

  #messageArrived(clientId: string, mine: boolean, live: boolean): void {
    if (mine) this.outbox.seen(clientId);
    else this.typing.hide();
    if (live) this.#host.emit("message", { from: mine ? "visitor" : "operator" });
  }

  /** The shop has erased this visitor: nothing may be left here. */
  #erased(): void {
    this.#host.storage.visit.write(null);
    this.#leave();
    this.#restart();
  }

  #scheduleHold(): void {
    window.clearTimeout(this.#holdTimer);
    const now = Date.now();
    const deadline = nextDeadline(this.timeline, now);
    if (deadline === null) return;
    this.#holdTimer = window.setTimeout(() => {
      this.#scheduleHold();
      this.#changed();
    }, deadline - now);
  }

  /** Fetch what the stream has not brought. */
  async #catchUp(head: number): Promise<void> {
    if (this.#syncing || head <= (this.timeline.cursor ?? -1)) return;
    this.#syncing = true;
    try {
      for (let more = true; more; ) {
        const ack = await this.#call<SyncPage>("sync", { cursor: this.timeline.cursor ?? this.#head });
        if (!ack?.ok) return;
        this.#apply(ack.events, true);
        this.timeline = movedTo(this.timeline, ack.cursor);
        more = ack.more;
      }
    } finally {
      this.#syncing = false;
    }
  }

  #setAvailability(status: Availability): void {
    if (this.availability !== status) this.#host.emit("availability", { status });
    this.availability = status;
    this.#changed();
  }

  /** Another tab has become, or has forgotten, the visitor: be the same one. */
  #otherTabChanged(): void {
    const known = this.#host.storage.visit.read();
    if (this.phase === "idle") return;
    if (this.#visitorId === null || known?.visitor_id === this.#visitorId) {
      this.#changed();
      return;
    }
    // The other tab knows who is there now; the token carries it, this tab's word is outdated.
    this.#me.user = null;
    this.speech.become(known?.choice ?? null);
    this.#restart();
  }
}
