import type { Refusal } from './wire';

/** A text on its way to the server. It stays here until the log holds it. */
export interface Outgoing {
  /** UUID made once; every attempt carries the same, so that the server stores one message. */
  id: string;
  conversation: string;
  kind: 'message' | 'note';
  text: string;
  /** Epoch milliseconds. */
  at: number;
  state: 'queued' | 'sending' | 'acknowledged' | 'refused';
  refusal: Refusal | null;
  /** Where the log holds it, once the server has said so. */
  cursor: number | null;
  /** Not tried again before this (epoch milliseconds). */
  notBefore: number;
}

/** In the order of writing. */
export type Outbox = readonly Outgoing[];

/** Refusals that pass: the same text may be accepted later. */
const passing = new Set(['rate_limited', 'overloaded', 'unavailable']);
const PASSING_WAIT_MS = 3_000;

export function enqueue(
  outbox: Outbox,
  given: Pick<Outgoing, 'id' | 'conversation' | 'kind' | 'text' | 'at'>,
): Outbox {
  return [...outbox, { ...given, state: 'queued', refusal: null, cursor: null, notBefore: 0 }];
}

/** What may be sent now: of each conversation the first that waits, while none is unanswered. */
export function due(outbox: Outbox, now: number): Outgoing[] {
  const taken = new Set<string>();
  const found: Outgoing[] = [];
  for (const item of outbox) {
    if (taken.has(item.conversation)) continue;
    if (item.state === 'sending' || item.state === 'queued') taken.add(item.conversation);
    if (item.state === 'queued' && item.notBefore <= now) found.push(item);
  }
  return found;
}

/** Milliseconds until something waiting for its time may be sent; null when nothing does. */
export function nextDue(outbox: Outbox, now: number): number | null {
  const waits = outbox
    .filter((item) => item.state === 'queued' && item.notBefore > now)
    .map((item) => item.notBefore - now);
  return waits.length > 0 ? Math.min(...waits) : null;
}

export function sending(outbox: Outbox, id: string): Outbox {
  return change(outbox, id, { state: 'sending' });
}

/** The server has it: at `cursor`, or (null) somewhere. */
export function acknowledged(outbox: Outbox, id: string, cursor: number | null): Outbox {
  return change(outbox, id, { state: 'acknowledged', cursor });
}

/** Everything up to `cursor` has been read from the log: what lies there is shown from there. */
export function arrived(outbox: Outbox, cursor: number): Outbox {
  const still = outbox.filter((item) => item.cursor === null || item.cursor > cursor);
  return still.length === outbox.length ? outbox : still;
}

/** The server said no. A passing refusal is waited out, anything else is the writer's to decide. */
export function refused(outbox: Outbox, id: string, refusal: Refusal, now: number): Outbox {
  if (!passing.has(refusal.code)) return change(outbox, id, { state: 'refused', refusal });
  const wait = refusal.retry_after ? refusal.retry_after * 1000 : PASSING_WAIT_MS;
  return change(outbox, id, { state: 'queued', refusal, notBefore: now + wait });
}

/** No answer in time, or another try by hand: send it again with the same id. */
export function again(outbox: Outbox, id: string): Outbox {
  return change(outbox, id, { state: 'queued', refusal: null, notBefore: 0 });
}

/** The connection is gone: what was under way is sent again over the next one. */
export function disconnected(outbox: Outbox): Outbox {
  return outbox.map((item) => (item.state === 'sending' ? { ...item, state: 'queued' } : item));
}

/** The log holds it, or the writer gave it up. */
export function remove(outbox: Outbox, id: string): Outbox {
  return outbox.some((item) => item.id === id) ? outbox.filter((item) => item.id !== id) : outbox;
}

export function removeConversations(outbox: Outbox, ids: readonly string[]): Outbox {
  return outbox.filter((item) => !ids.includes(item.conversation));
}

function change(outbox: Outbox, id: string, to: Partial<Outgoing>): Outbox {
  // Once the server has it nothing takes it back, and an answer may come after the event.
  return outbox.map((item) =>
    item.id === id && item.state !== 'acknowledged' ? { ...item, ...to } : item,
  );
}
