/** What a visitor asks for besides messages, asked again while the server cannot answer it. */
import type { Ack } from "./protocol";

/** Refusals that pass: the same may be accepted later. */
export const PASSING: ReadonlySet<string> = new Set(["rate_limited", "overloaded", "unavailable", "internal"]);

/** Seconds to wait before trying again when the server does not say. */
export const DEFAULT_RETRY = 3;

/** A visitor does not wait longer than this (seconds) between two tries. */
const LONGEST_RETRY = 20;
const TRIES = 4;

export interface RequestDeps {
  /** The server's answer; null when none came. */
  readonly call: (event: string, payload: object) => Promise<Ack | null>;
  readonly later: (ms: number, task: () => void) => void;
  readonly newId: () => string;
  readonly changed: () => void;
}

export class Requests {
  /** Something is being asked again. */
  retrying = false;
  /** Asks once more for what could not be done in the end; null when there is nothing like that. */
  undone: (() => void) | null = null;
  readonly #deps: RequestDeps;
  #visitor = 0;

  constructor(deps: RequestDeps) {
    this.#deps = deps;
  }

  /**
   * Ask for a change, always under one id. After silence or a refusal that passes it is asked
   * again, in the time that the server names and four times in all; then it is `undone` until
   * `again`, which asks as a new request. Null when no answer came.
   */
  async ask<T extends object>(event: string, payload: object, again: () => void): Promise<Ack<T> | null> {
    const { call, later, newId, changed } = this.#deps;
    const visitor = this.#visitor;
    const asked = { id: newId(), ...payload };
    this.undone = null;
    for (let left = TRIES - 1; ; left -= 1) {
      const ack = (await call(event, asked)) as Ack<T> | null;
      if (visitor !== this.#visitor) return null;
      const passes = ack === null || (!ack.ok && PASSING.has(ack.error.code));
      if (!passes || left === 0) {
        this.retrying = false;
        if (!ack?.ok) this.undone = again;
        changed();
        return ack;
      }
      this.retrying = true;
      changed();
      const seconds = (ack?.ok === false ? ack.error.retry_after : undefined) ?? DEFAULT_RETRY;
      await new Promise<void>((go) => {
        later(Math.min(seconds, LONGEST_RETRY) * 1000, go);
      });
      if (visitor !== this.#visitor) return null;
    }
  }

  /** End the conversation that is open. */
  async endConversation(): Promise<void> {
    const ack = await this.ask("close", {}, () => void this.endConversation());
    // Somebody else was faster: it has ended, as was wished.
    if (ack?.ok === false && ack.error.code === "not_found") this.undone = null;
  }

  /** Rate the conversation that has ended; the latest rating counts. */
  async rate(stars: number, comment: string | null): Promise<void> {
    await this.ask("rate", { stars, comment: comment ?? undefined }, () => void this.rate(stars, comment));
  }

  /** Another visitor from now on: nothing is asked in the name of the one before. */
  forget(): void {
    this.#visitor += 1;
    this.retrying = false;
    this.undone = null;
  }
}
