/** The socket: one connection that comes back by itself, and calls that are always answered. */
import { io, type Socket } from "socket.io-client";
import type { Ack, WireError } from "./protocol";

const CALL_TIMEOUT_MS = 10_000;
const RETRY_MIN_MS = 800;
const RETRY_MAX_MS = 20_000;

export interface ConnectionHandlers {
  /** Asked for every attempt, so that it carries the newest cursor and token. */
  readonly auth: () => object;
  readonly lost: () => void;
  /** The server's answer to connecting. True: try again after a while. */
  readonly refused: (error: WireError) => boolean;
  readonly events: Readonly<Record<string, (payload: never) => void>>;
}

export class Connection {
  readonly #socket: Socket;
  readonly #handlers: ConnectionHandlers;
  #timer: number | undefined;
  #attempt = 0;
  #drainMs = 0;
  #stopped = true;

  constructor(server: string, handlers: ConnectionHandlers) {
    this.#handlers = handlers;
    this.#socket = io(`${server}/visitor`, {
      path: "/socket.io/",
      transports: ["websocket"],
      autoConnect: false,
      forceNew: true,
      reconnectionDelay: RETRY_MIN_MS,
      reconnectionDelayMax: RETRY_MAX_MS,
      auth: (answer) => {
        answer(handlers.auth());
      },
    });
    this.#socket.on("connect", () => (this.#attempt = 0));
    this.#socket.on("connect_error", (error) => {
      const { data } = error as Error & { data?: WireError };
      // Without data the transport failed, and the library tries again by itself.
      if (data) this.#refused({ ...data, code: data.code || error.message });
      else handlers.lost();
    });
    this.#socket.on("disconnect", () => {
      if (this.#stopped) return;
      handlers.lost();
      // Closed by the server: the library leaves coming back to us. Draining says when.
      if (this.#drainMs > 0) this.#socket.disconnect();
      if (!this.#socket.active) this.#reconnect(this.#drainMs || RETRY_MIN_MS);
      this.#drainMs = 0;
    });
    this.#socket.on("draining", (payload: { retry_after?: number }) => {
      this.#drainMs = (payload.retry_after ?? 1) * 1000;
    });
    for (const [name, handler] of Object.entries(handlers.events)) {
      this.#socket.on(name, (payload: unknown) => {
        handler(payload as never);
      });
    }
  }

  get connected(): boolean {
    return this.#socket.connected;
  }

  connect(): void {
    window.clearTimeout(this.#timer);
    this.#stopped = false;
    this.#socket.connect();
  }

  /** Drop the connection, if any, and make a new one (with a new `auth`). */
  restart(): void {
    this.stop();
    this.connect();
  }

  stop(): void {
    window.clearTimeout(this.#timer);
    this.#stopped = true;
    this.#socket.disconnect();
    this.#handlers.lost();
  }

  /** Call the server. Rejects when no answer came: silence, or the connection was lost. */
  async call<T extends object>(event: string, payload: object): Promise<Ack<T>> {
    if (!this.#socket.connected) throw new Error("not connected");
    return (await this.#socket.timeout(CALL_TIMEOUT_MS).emitWithAck(event, payload)) as Ack<T>;
  }

  /** Tell the server something of the moment; dropped when there is no connection. */
  tell(event: string, payload: object): void {
    if (this.#socket.connected) this.#socket.volatile.emit(event, payload, () => undefined);
  }

  #refused(error: WireError): void {
    if (!this.#handlers.refused(error)) return;
    this.#attempt += 1;
    const backoff = Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** this.#attempt);
    this.#reconnect(Math.max(backoff, (error.retry_after ?? 0) * 1000));
  }

  #reconnect(ms: number): void {
    window.clearTimeout(this.#timer);
    // Spread out: every page of the shop lost the same server at the same moment.
    this.#timer = window.setTimeout(
      () => {
        this.#socket.connect();
      },
      ms * (0.8 + 0.6 * Math.random()),
    );
  }
}
