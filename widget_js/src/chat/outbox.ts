/**
 * Messages on their way. Kept in the browser until the server has acknowledged them, so that a
 * reload, a lost network or a restarting server loses nothing; sent one at a time, again after a
 * silence, always under the same id, which the server answers once. Tabs share it: whoever holds
 * the lock sends.
 */
import type { OutboxItem, Slot } from "../storage";
import type { Ack, MessageAck } from "./protocol";
import type { Pending } from "./rows";

/** Seconds to wait before trying again when the server does not say. */
const DEFAULT_RETRY = 3;

/** Refusals that pass: the message stays and is sent again. Every other code is the visitor's turn. */
const PASSING = new Set(["rate_limited", "overloaded", "unavailable", "internal"]);

export interface OutboxDeps {
  readonly slot: Slot<OutboxItem[]>;
  /** Resolves to the server's answer; rejects when none came (silence or a lost connection). */
  readonly send: (item: OutboxItem) => Promise<Ack<MessageAck>>;
  readonly connected: () => boolean;
  /** Runs `task` while no other tab runs one. */
  readonly exclusive: (task: () => Promise<void>) => Promise<void>;
  readonly later: (ms: number, task: () => void) => void;
  readonly now: () => number;
  readonly newId: () => string;
  readonly changed: () => void;
  readonly acknowledged: (ack: MessageAck) => void;
}

export class Outbox {
  readonly #deps: OutboxDeps;
  /** Acknowledged, and not yet seen in the log. */
  readonly #sent = new Map<string, OutboxItem>();
  #running = false;
  #again = false;
  #sending: string | null = null;
  #paused = false;

  constructor(deps: OutboxDeps) {
    this.#deps = deps;
  }

  get #items(): OutboxItem[] {
    const value: unknown = this.#deps.slot.read();
    return Array.isArray(value) ? (value as OutboxItem[]) : [];
  }

  #change(edit: (items: OutboxItem[]) => OutboxItem[]): void {
    const items = edit(this.#items);
    this.#deps.slot.write(items.length ? items : null);
    this.#deps.changed();
  }

  /** Everything to show at the end of the log, oldest first. */
  pending(): Pending[] {
    const waiting = this.#items
      .filter((item) => !this.#sent.has(item.id))
      .map((item): Pending => {
        if (item.refused) return { item, delivery: "refused" };
        return { item, delivery: item.id === this.#sending ? "sending" : "waiting" };
      });
    return [...[...this.#sent.values()].map((item): Pending => ({ item, delivery: "sent" })), ...waiting];
  }

  add(text: string): void {
    const item = { id: this.#deps.newId(), text, at: this.#deps.now() };
    this.#change((items) => [...items, item]);
    this.pump();
  }

  /** Take a message back; its text is returned so that it can be edited. */
  remove(id: string): string | null {
    const text = this.#items.find((item) => item.id === id)?.text ?? null;
    this.#change((items) => items.filter((item) => item.id !== id));
    return text;
  }

  /** Send a refused message once more. A refusal is final for its id, so it gets a new one. */
  retry(id: string): void {
    const { newId } = this.#deps;
    this.#change((items) =>
      items.map((item) => (item.id === id ? { id: newId(), text: item.text, at: item.at } : item)),
    );
    this.pump();
  }

  /** The log has shown these messages of ours. */
  seen(clientId: string): void {
    this.#sent.delete(clientId);
    if (this.#items.some((item) => item.id === clientId)) this.remove(clientId);
  }

  clear(): void {
    this.#sent.clear();
    this.#change(() => []);
  }

  /** Send what waits. Call it after connecting and whenever something may have changed. */
  pump(): void {
    this.#again = true;
    if (this.#running || this.#paused) return;
    this.#running = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    try {
      while (this.#again && !this.#paused && this.#deps.connected()) {
        this.#again = false;
        await this.#deps.exclusive(() => this.#drain());
      }
    } finally {
      this.#running = false;
    }
  }

  async #drain(): Promise<void> {
    const { connected, send, acknowledged } = this.#deps;
    while (connected()) {
      // Read anew each time: another tab may have sent or added something.
      const item = this.#items.find((one) => !one.refused);
      if (!item) return;
      this.#sending = item.id;
      this.#deps.changed();
      let ack: Ack<MessageAck>;
      try {
        ack = await send(item);
      } catch {
        // Silence: the same message again while connected, else after the next connection.
        continue;
      } finally {
        this.#sending = null;
      }
      if (ack.ok) {
        this.#sent.set(item.id, item);
        this.remove(item.id);
        acknowledged(ack);
      } else if (PASSING.has(ack.error.code)) {
        this.#pause(ack.error.retry_after ?? DEFAULT_RETRY);
        return;
      } else {
        const refused = ack.error.code;
        this.#change((items) => items.map((one) => (one.id === item.id ? { ...one, refused } : one)));
      }
    }
    this.#deps.changed();
  }

  #pause(seconds: number): void {
    this.#paused = true;
    this.#deps.changed();
    this.#deps.later(seconds * 1000, () => {
      this.#paused = false;
      this.pump();
    });
  }
}
