/** "… is writing", both ways. The clock decides: nothing says that somebody has stopped. */

const TELL_EVERY_MS = 3000;
const SHOWN_MS = 6000;

export class Typing {
  /** Whether somebody is writing now, and who, if that is known. */
  now = false;
  name: string | null = null;
  readonly #changed: () => void;
  #told = -Infinity;
  #timer: number | undefined;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** They are writing at this moment. */
  show(name: string | null): void {
    this.now = true;
    this.name = name;
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => {
      this.hide();
      this.#changed();
    }, SHOWN_MS);
    this.#changed();
  }

  /** They have sent it, or are gone. */
  hide(): void {
    this.now = false;
    this.name = null;
  }

  /** Whether it is time to tell them again that the visitor is writing. */
  due(now: number): boolean {
    if (now - this.#told < TELL_EVERY_MS) return false;
    this.#told = now;
    return true;
  }
}
