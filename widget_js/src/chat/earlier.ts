/** The messages before the first one shown, for a visitor who comes back. */
import type { Ack, LogEvent, Page } from "./protocol";

const HISTORY_LIMIT = 100;
/** The first page follows the welcome; this long after it, it is there. */
const LOOK_AFTER_MS = 600;

export interface EarlierDeps {
  readonly history: (limit: number) => Promise<Ack<Page> | null>;
  readonly show: (events: readonly LogEvent[]) => void;
  readonly later: (ms: number, task: () => void) => void;
  readonly changed: () => void;
}

export class Earlier {
  /** Whether there are any. */
  any = false;
  readonly #deps: EarlierDeps;
  #known = false;

  constructor(deps: EarlierDeps) {
    this.#deps = deps;
  }

  async load(): Promise<void> {
    const ack = await this.#deps.history(HISTORY_LIMIT);
    if (!ack?.ok) return;
    this.any = ack.more;
    this.#deps.show(ack.events);
    // A page of translations alone shows nothing: on to the messages that were promised.
    if (ack.more && !holdsMessage(ack)) await this.load();
  }

  /** After the welcome: find out, once the first page has come. */
  lookSoon(): void {
    this.#deps.later(LOOK_AFTER_MS, () => void this.#look());
  }

  async #look(): Promise<void> {
    if (this.any || this.#known) return;
    const ack = await this.#deps.history(1);
    if (!ack?.ok) return;
    this.#known = true;
    this.any = ack.more || holdsMessage(ack);
    this.#deps.changed();
  }

  forget(): void {
    this.any = false;
    this.#known = false;
  }
}

function holdsMessage(page: Page): boolean {
  return page.events.some((event) => event.type === "message");
}
