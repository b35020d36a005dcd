import type { LogEvent, MessageEvent, Sender, TranslationEvent } from "../src/chat/protocol";
import { apply, emptyTimeline, type ApplyContext, type Timeline } from "../src/chat/timeline";

export const NOW = Date.parse("2026-01-02T10:00:00.000Z");
const AT = "2026-01-02T10:00:00.000Z";

export const LIVE: ApplyContext = { now: NOW, head: 0, holdMs: 1500, stream: true };

export function message(
  cursor: number,
  from: Sender,
  text: string,
  more: Partial<{ id: string; conversation: string; language: string | null; client: string; at: string }> = {},
): MessageEvent {
  const id = more.id ?? `m${cursor}`;
  return {
    type: "message",
    cursor,
    conversation_id: more.conversation ?? "c1",
    at: more.at ?? AT,
    message: {
      id,
      client_id: more.client ?? `client-${id}`,
      from,
      author: from === "operator" ? { id: "o1", name: "Maija" } : null,
      text,
      language: more.language === undefined ? (from === "operator" ? "en" : null) : more.language,
    },
  };
}

export function translation(
  cursor: number,
  messageId: string,
  language: string,
  text: string,
  more: Partial<Pick<TranslationEvent, "revision" | "status" | "reason" | "route">> = {},
): TranslationEvent {
  return {
    type: "translation",
    cursor,
    conversation_id: "c1",
    at: AT,
    message_id: messageId,
    language,
    revision: 1,
    status: "translated",
    text,
    ...more,
  };
}

export function spoken(
  cursor: number,
  language: string,
  source: "pinned" | "detected" | "prior" = "detected",
  of: "visitor" | "operator" = "visitor",
): LogEvent {
  return { type: "language", cursor, conversation_id: "c1", at: AT, of, language, source };
}

export function event(cursor: number, type: string, body: object = {}): LogEvent {
  return { type, cursor, conversation_id: "c1", at: AT, ...body } as LogEvent;
}

export function applyAll(events: readonly LogEvent[], context = LIVE, from: Timeline = emptyTimeline): Timeline {
  return events.reduce((timeline, one) => apply(timeline, one, context), from);
}
