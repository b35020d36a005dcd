/** What the log shows at one moment: a pure function of the timeline, the outbox and the clock. */
import type { OutboxItem } from "../storage";
import type { Reason, Sender } from "./protocol";
import type { Timeline, TimelineMessage } from "./timeline";

/** A text with its language, null when nobody knows it. */
export interface Tagged {
  readonly text: string;
  readonly language: string | null;
}

/** How the shown text came about. `awaiting`: the original, its translation may still come. */
export type Rendering = "plain" | "translated" | "awaiting" | Reason;

export type Delivery = "sent" | "sending" | "waiting" | "refused";

export interface MessageRow {
  readonly kind: "message";
  readonly key: string;
  readonly from: Sender;
  readonly author: string | null;
  readonly at: number;
  readonly shown: Tagged;
  /** The other text: the original of a translation, or how the other side reads the visitor's own. */
  readonly other: Tagged | null;
  readonly rendering: Rendering;
  readonly redacted: boolean;
  readonly delivery: Delivery;
  /** The code of a refusal. */
  readonly refused: string | null;
  readonly outboxId: string | null;
  /** Whether it opens and closes a run of messages by the same author. */
  readonly first: boolean;
  readonly last: boolean;
}

export type Row =
  | MessageRow
  | { readonly kind: "held"; readonly key: string }
  | { readonly kind: "day"; readonly key: string; readonly at: number }
  | {
      readonly kind: "notice";
      readonly key: string;
      readonly notice: "joined" | "closed";
      readonly name: string;
    };

/** A message on its way: in the outbox, or acknowledged and not yet seen in the log. */
export interface Pending {
  readonly item: OutboxItem;
  readonly delivery: Delivery;
}

/** Messages of the same author closer than this are one run. Milliseconds. */
const RUN_MS = 5 * 60_000;

/** What was written, and in which language: whatever knows best. */
function original(timeline: Timeline, message: TimelineMessage): Tagged {
  const known = timeline.translations.get(message.id)?.values() ?? [];
  const source = [...known].find((found) => found.route?.length)?.route?.[0];
  const language = source ?? message.language ?? timeline.written.get(message.id) ?? null;
  return { text: message.text, language };
}

/** The translation an operator's message is read in: the present language, else an earlier one. */
function reading(timeline: Timeline, message: TimelineMessage): Tagged & { rendering: Rendering } {
  const written = original(timeline, message);
  const known = timeline.translations.get(message.id);
  for (const language of timeline.languages.toReversed()) {
    const found = known?.get(language);
    if (!found) continue;
    if (found.status === "untranslated") return { ...written, rendering: found.reason ?? "failed" };
    if (found.status === "same_language" || found.text === message.text) {
      return { text: message.text, language, rendering: "plain" };
    }
    return { text: found.text, language, rendering: "translated" };
  }
  const present = timeline.languages.at(-1);
  const foreign = message.from === "operator" && message.language !== present;
  return { ...written, rendering: foreign ? "awaiting" : "plain" };
}

/** How the operator reads the visitor's own message, if differently. */
function readByOthers(timeline: Timeline, message: TimelineMessage): Tagged | null {
  for (const found of timeline.translations.get(message.id)?.values() ?? []) {
    const other = found.status !== "untranslated" && found.status !== "same_language";
    if (other && found.text !== message.text) return { text: found.text, language: found.language };
  }
  return null;
}

/** Whether an operator's message waits, at `now`, for its translation instead of being shown. */
export function isHeld(timeline: Timeline, message: TimelineMessage, now: number): boolean {
  if (message.heldUntil === null || message.heldUntil <= now) return false;
  return reading(timeline, message).rendering === "awaiting";
}

/** When the next held message must be shown (epoch milliseconds), null when none is held. */
export function nextDeadline(timeline: Timeline, now: number): number | null {
  let next: number | null = null;
  for (const message of timeline.messages.values()) {
    if (message.heldUntil !== null && isHeld(timeline, message, now)) {
      next = Math.min(next ?? message.heldUntil, message.heldUntil);
    }
  }
  return next;
}

/** Operator messages after `seen` that can be read now. */
export function unreadCount(timeline: Timeline, seen: number, now: number): number {
  let count = 0;
  for (const message of timeline.messages.values()) {
    if (message.from !== "visitor" && message.cursor > seen && !isHeld(timeline, message, now)) count += 1;
  }
  return count;
}

function messageRow(timeline: Timeline, message: TimelineMessage): MessageRow {
  const mine = message.from === "visitor";
  const redacted = timeline.redacted.has(message.id);
  const written = original(timeline, message);
  const { rendering, ...shown } = mine
    ? { ...written, rendering: "plain" as const }
    : reading(timeline, message);
  const other = mine ? readByOthers(timeline, message) : rendering === "translated" ? written : null;
  return {
    kind: "message",
    key: mine ? message.clientId : message.id,
    from: message.from,
    author: message.author?.name ?? null,
    at: message.at,
    shown,
    other: redacted ? null : other,
    rendering: redacted ? "plain" : rendering,
    redacted,
    delivery: "sent",
    refused: null,
    outboxId: null,
    first: true,
    last: true,
  };
}

function pendingRow({ item, delivery }: Pending): MessageRow {
  return {
    kind: "message",
    key: item.id,
    from: "visitor",
    author: null,
    at: item.at,
    shown: { text: item.text, language: null },
    other: null,
    rendering: "plain",
    redacted: false,
    delivery,
    refused: item.refused ?? null,
    outboxId: item.id,
    first: true,
    last: true,
  };
}

function sameDay(a: number, b: number): boolean {
  return new Date(a).toDateString() === new Date(b).toDateString();
}

/** Everything to show, oldest first. */
export function rows(timeline: Timeline, pending: readonly Pending[], now: number): Row[] {
  const entries: { cursor: number; at: number; row: Row }[] = [];
  const clientIds = new Set<string>();
  for (const message of timeline.messages.values()) {
    clientIds.add(message.clientId);
    const row: Row = isHeld(timeline, message, now)
      ? { kind: "held", key: `held-${message.id}` }
      : messageRow(timeline, message);
    entries.push({ cursor: message.cursor, at: message.at, row });
  }
  for (const { cursor, at, kind, name } of timeline.notices.values()) {
    entries.push({ cursor, at, row: { kind: "notice", key: `notice-${cursor}`, notice: kind, name } });
  }
  entries.sort((a, b) => a.cursor - b.cursor);
  for (const one of pending) {
    if (clientIds.has(one.item.id)) continue;
    entries.push({ cursor: Infinity, at: one.item.at, row: pendingRow(one) });
  }

  const result: Row[] = [];
  let day: number | null = null;
  let run: { index: number; row: MessageRow } | null = null;
  for (const { at, row } of entries) {
    if (day === null || !sameDay(day, at)) {
      result.push({ kind: "day", key: `day-${new Date(at).toDateString()}`, at });
      day = at;
      run = null;
    }
    if (row.kind !== "message") {
      result.push(row);
      run = null;
      continue;
    }
    const joins =
      run !== null && run.row.from === row.from && run.row.author === row.author && at - run.row.at < RUN_MS;
    const placed: MessageRow = joins ? { ...row, first: false } : row;
    if (run && joins) result[run.index] = { ...run.row, last: false };
    run = { index: result.push(placed) - 1, row: placed };
  }
  return result;
}
