import { type Socket, io } from 'socket.io-client';
import type { Ack, Colleague, LogEvent, Refusal, Site, Typing, Visit, Welcome } from '../wire';

/** `waiting` ends at `retryAt` (epoch milliseconds). `refused`: trying again is pointless. */
export type Link =
  | { status: 'connecting' }
  | { status: 'online' }
  | { status: 'waiting'; retryAt: number; draining: boolean }
  | { status: 'refused'; refusal: Refusal };

export interface Handlers {
  /** What a (re)connection sends; asked anew for each, so that it carries the newest cursor. */
  auth: () => Record<string, unknown>;
  link: (link: Link) => void;
  welcome: (welcome: Welcome) => void;
  event: (event: LogEvent) => void;
  head: (cursor: number) => void;
  presence: (operators: Colleague[]) => void;
  sites: (sites: Site[]) => void;
  queue: (waiting: number) => void;
  typing: (typing: Typing) => void;
  visitor: (conversation: string, visit: Visit) => void;
  signedOut: (reason: string | null) => void;
}

const ANSWER_MS = 10_000;
const FIRST_WAIT_MS = 700;
const LONGEST_WAIT_MS = 20_000;
const signedOutCodes = new Set(['unauthorized', 'bad_token']);
const finalCodes = new Set(['unsupported_version', 'origin_not_allowed', 'forbidden']);

/**
 * One socket on `/operator` that comes back by itself. Socket.IO's own reconnection does not try
 * again after a refusal or a disconnect by the server, so the waiting is done here for all cases.
 */
export class Connection {
  private readonly socket: Socket;
  private readonly handlers: Handlers;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private failures = 0;
  private drainSeconds: number | null = null;
  private stopped = true;
  private welcomed = false;

  constructor(handlers: Handlers) {
    this.handlers = handlers;
    this.socket = io('/operator', {
      transports: ['websocket'],
      autoConnect: false,
      reconnection: false,
      forceNew: true,
      auth: (send) => send(handlers.auth()),
    });
    this.listen();
  }

  start(): void {
    this.stopped = false;
    window.addEventListener('online', this.tryNow);
    this.connect();
  }

  stop(): void {
    this.stopped = true;
    window.removeEventListener('online', this.tryNow);
    clearTimeout(this.timer);
    this.socket.disconnect();
  }

  /** Cuts the waiting short. */
  readonly tryNow = (): void => {
    if (!this.stopped && !this.socket.connected) this.connect();
  };

  /** Calls the server. Always answers: `offline` and `timeout` stand for no answer. */
  async call<T>(event: string, payload: Record<string, unknown>): Promise<Ack<T>> {
    // Socket.IO would keep the call for later; what is worth re-sending waits in the outbox.
    if (!this.welcomed) return { ok: false, error: { code: 'offline', detail: '' } };
    try {
      return (await this.socket.timeout(ANSWER_MS).emitWithAck(event, payload)) as Ack<T>;
    } catch {
      return { ok: false, error: { code: 'timeout', detail: '' } };
    }
  }

  private connect(): void {
    clearTimeout(this.timer);
    this.handlers.link({ status: 'connecting' });
    this.socket.connect();
  }

  private again(atLeastSeconds: number | undefined): void {
    this.welcomed = false;
    if (this.stopped) return;
    const backoff = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.failures);
    this.failures += 1;
    // Spread out: after a restart every console comes back at once.
    const wait = Math.max(backoff * (0.75 + Math.random() / 2), (atLeastSeconds ?? 0) * 1000);
    const draining = this.drainSeconds !== null;
    this.handlers.link({ status: 'waiting', retryAt: Date.now() + wait, draining });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.connect(), wait);
  }

  private end(reason: string | null): void {
    this.stop();
    this.welcomed = false;
    this.handlers.signedOut(reason);
  }

  private refuse(refusal: Refusal): void {
    this.stop();
    this.handlers.link({ status: 'refused', refusal });
  }

  private listen(): void {
    const { socket, handlers } = this;
    socket.on('welcome', (welcome: Welcome) => {
      this.welcomed = true;
      this.failures = 0;
      this.drainSeconds = null;
      handlers.link({ status: 'online' });
      handlers.welcome(welcome);
    });
    socket.on('event', (event: LogEvent) => handlers.event(event));
    socket.on('head', (head: { cursor: number }) => handlers.head(head.cursor));
    socket.on('presence', (given: { operators: Colleague[] }) =>
      handlers.presence(given.operators),
    );
    socket.on('sites', (given: { sites: Site[] }) => handlers.sites(given.sites));
    socket.on('queue', (queue: { waiting?: number }) => {
      if (queue.waiting !== undefined) handlers.queue(queue.waiting);
    });
    socket.on('typing', (typing: Typing) => handlers.typing(typing));
    socket.on('visitor', ({ conversation_id, ...visit }: Visit & { conversation_id: string }) =>
      handlers.visitor(conversation_id, visit),
    );
    socket.on('draining', (given: { retry_after?: number }) => {
      this.drainSeconds = given.retry_after ?? 1;
    });
    socket.on('signed_out', (given: { reason?: string }) => this.end(given.reason ?? null));
    socket.on('disconnect', (reason) => {
      if (reason !== 'io client disconnect') this.again(this.drainSeconds ?? undefined);
    });
    socket.on('connect_error', (error: Error & { data?: Partial<Refusal> }) => {
      // Without `data` it is the network or a server that is starting, not a refusal.
      if (!error.data) {
        this.again(undefined);
        return;
      }
      const { code = error.message, detail = '', retry_after } = error.data;
      if (signedOutCodes.has(code)) this.end('expired');
      else if (finalCodes.has(code)) this.refuse({ code, detail });
      else this.again(retry_after);
    });
  }
}
