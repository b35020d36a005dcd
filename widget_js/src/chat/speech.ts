/** What the visitor speaks: found by the server, told by the page, or chosen in the menu. */
import type { Ack, SiteInfo } from "./protocol";
import { primaryLanguage } from "./texts";
import { readingIn, type Timeline } from "./timeline";

export interface SpeechDeps {
  /** A language chosen before there was a conversation to pin it on. */
  readonly choice: string | null;
  readonly locale: () => string;
  readonly site: () => SiteInfo | null;
  /** The languages that nothing translates, as known before the site is. */
  readonly unserved: readonly string[];
  readonly timeline: () => Timeline;
  readonly setTimeline: (timeline: Timeline) => void;
  readonly remember: (choice: string | null) => void;
  /** Asks until it is answered; `again` is for the visitor to ask once more. */
  readonly pin: (language: string | null, again: () => void) => Promise<Ack<PinAck> | null>;
  /** Tells the page's new locale. */
  readonly tell: (locale: string) => Promise<Ack<{ language: string }> | null>;
}

export interface PinAck {
  readonly conversation_id: string | null;
  readonly language: string;
}

export class Speech {
  readonly #deps: SpeechDeps;
  #choice: string | null;

  constructor(deps: SpeechDeps) {
    this.#deps = deps;
    this.#choice = deps.choice;
  }

  /** Chosen, and not yet pinned. */
  get choice(): string | null {
    return this.#choice;
  }

  /** The language the visitor is read and answered in. */
  get language(): string | null {
    return this.#choice ?? this.#deps.timeline().languages.at(-1) ?? null;
  }

  /** The language the visitor has told, by writing in it or by choosing it; null before. */
  get spoken(): string | null {
    return this.#choice ?? this.#deps.timeline().spoken;
  }

  /** Whether the language was chosen by the visitor, so that the choice can be taken back. */
  get pinned(): boolean {
    return this.#choice !== null || this.#deps.timeline().pinned;
  }

  /** The languages in which the visitor cannot be answered now. */
  get unserved(): readonly string[] {
    return this.#deps.site()?.unserved ?? this.#deps.unserved;
  }

  /**
   * Whether the visitor and the shop can be translated for each other, as far as is known now: in
   * what the visitor is taken to speak, and in `shown`, which the chat's own texts invite them to.
   */
  translates(shown: string): boolean {
    return this.#served(this.language ?? this.#deps.locale()) && this.#served(shown);
  }

  #served(language: string): boolean {
    // A page's tag need not be one of the site's own.
    const known = this.#deps.site()?.languages.includes(language) === true;
    return !this.unserved.some(
      (tag) => tag === language || (!known && primaryLanguage(tag) === primaryLanguage(language)),
    );
  }

  /**
   * Pin the language, or take the pin back (null). A choice before the first message is kept until
   * there is a conversation.
   */
  async choose(language: string | null): Promise<void> {
    const { pin, timeline, setTimeline } = this.#deps;
    this.#keep(language);
    const ack = await pin(language, () => void this.choose(language));
    if (!ack?.ok || this.#choice !== language) return;
    if (language !== null && ack.conversation_id === null) return;
    this.#keep(null);
    const before = timeline();
    const spoken = language ?? (before.pinned ? null : before.spoken);
    setTimeline({ ...readingIn(before, ack.language), pinned: language !== null, spoken });
  }

  /** Pin what was chosen when there was nothing to pin it on. */
  pinChoice(): void {
    if (this.#choice !== null) void this.choose(this.#choice);
  }

  /** Another visitor from now on, with this choice. */
  become(choice: string | null): void {
    this.#choice = choice;
  }

  /** The page has changed its language: it counts at once. */
  async pageSpeaks(locale: string): Promise<void> {
    const ack = await this.#deps.tell(locale);
    if (!ack?.ok || this.#deps.locale() !== locale) return;
    this.#deps.setTimeline(readingIn(this.#deps.timeline(), ack.language));
  }

  #keep(choice: string | null): void {
    this.#choice = choice;
    this.#deps.remember(choice);
  }
}
