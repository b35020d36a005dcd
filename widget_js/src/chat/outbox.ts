/**
 * Messages on their way. Kept in the browser until the server has acknowledged them, so that a
 * reload, a lost network or a restarting server loses nothing; sent one at a time, again after a
 * silence, always under the same id, which the server answers once. Tabs share it: whoever holds
 * the lock sends.
 */
import type { OutboxItem, Shelf } from "../storage";
import type { Ack, MessageAck } from "./protocol";
import { DEFAULT_RETRY, PASSING } from "./requests";
import type { Pending } from "./rows";

export interface OutboxDeps {
  readonly shelf: Shelf<OutboxItem>;
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
  /** The log has shown the one that is being sent: its acknowledgement comes second. */
  #shown: string | null = null;
  #paused = false;

  constructor(deps: OutboxDeps) {
    this.#deps = deps;
  }

  get #items(): OutboxItem[] {
    return this.#deps.shelf
      .all()
      .filter((item) => typeof item.id === "string" && typeof item.text === "string")
      .sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
  }

  #put(item: OutboxItem): void {
    this.#deps.shelf.put(item.id, item);
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
    const last = this.#items.at(-1)?.at ?? 0;
    this.#put({ id: this.#deps.newId(), text, at: Math.max(this.#deps.now(), last + 1) });
    this.pump();
  }

  /** Take a message back; its text is returned so that it can be edited. */
  remove(id: string): string | null {
    const text = this.#items.find((item) => item.id === id)?.text ?? null;
    this.#deps.shelf.remove(id);
    this.#deps.changed();
    return text;
  }

  /** Send a refused message once more. A refusal is final for its id, so it gets a new one. */
  retry(id: string): void {
    const item = this.#items.find((one) => one.id === id);
    if (!item) return;
    this.#put({ id: this.#deps.newId(), text: item.text, at: item.at });
    this.remove(id);
    this.pump();
  }

  /** The log has shown these messages of ours. */
  seen(clientId: string): void {
    this.#sent.delete(clientId);
    if (clientId === this.#sending) this.#shown = clientId;
    if (this.#items.some((item) => item.id === clientId)) this.remove(clientId);
  }

  /** Another timeline begins: what was acknowledged is in it, or was somebody else's. */
  forgetSent(): void {
    this.#sent.clear();
  }

  clear(): void {
    this.forgetSent();
    for (const { id } of this.#items) this.remove(id);
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
        if (this.#shown !== item.id) this.#sent.set(item.id, item);
        this.remove(item.id);
        acknowledged(ack);
      } else if (PASSING.has(ack.error.code)) {
        this.#pause(ack.error.retry_after ?? DEFAULT_RETRY);
        return;
      } else {
        // Every other refusal is the visitor's turn.
        this.#put({ ...item, refused: ack.error.code });
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
