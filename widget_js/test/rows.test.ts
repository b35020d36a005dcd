import { describe, expect, it } from "vitest";
import { isHeld, nextDeadline, rows, unreadCount, type MessageRow, type Row } from "../src/chat/rows";
import { emptyTimeline, readingIn } from "../src/chat/timeline";
import { LIVE, NOW, applyAll, event, message, spoken, translation } from "./helpers";

const inPortuguese = readingIn(emptyTimeline, "pt");

function messages(all: readonly Row[]): MessageRow[] {
  return all.filter((row) => row.kind === "message");
}

describe("an operator's live message", () => {
  const arrived = applyAll([message(1, "operator", "Hello")], LIVE, inPortuguese);

  it("is held until its translation", () => {
    expect(rows(arrived, [], NOW).map((row) => row.kind)).toEqual(["day", "held"]);
    expect(nextDeadline(arrived, NOW)).toBe(NOW + 1500);
    const translated = applyAll([translation(2, "m1", "pt", "Olá")], LIVE, arrived);
    const [row] = messages(rows(translated, [], NOW));
    expect(row).toMatchObject({ rendering: "translated", shown: { text: "Olá", language: "pt" } });
    expect(row?.other).toEqual({ text: "Hello", language: "en" });
    expect(nextDeadline(translated, NOW)).toBeNull();
  });

  it("is shown as it was written, marked, after the deadline", () => {
    const [row] = messages(rows(arrived, [], NOW + 1500));
    expect(row).toMatchObject({ rendering: "awaiting", shown: { text: "Hello", language: "en" }, other: null });
    expect(nextDeadline(arrived, NOW + 1500)).toBeNull();
  });

  it("is shown at once when it cannot be translated, with the reason", () => {
    const hopeless = translation(2, "m1", "pt", "Hello", { status: "untranslated", reason: "no_route" });
    const [row] = messages(rows(applyAll([hopeless], LIVE, arrived), [], NOW));
    expect(row).toMatchObject({ rendering: "no_route", shown: { text: "Hello" } });
  });

  it("is not held in the visitor's own language, nor as history, nor without a hold", () => {
    const own = applyAll([message(1, "operator", "Olá", { language: "pt" })], LIVE, inPortuguese);
    const history = applyAll([message(1, "operator", "Hello")], { ...LIVE, head: 5 }, inPortuguese);
    const page = applyAll([message(1, "operator", "Hello")], { ...LIVE, stream: false }, inPortuguese);
    const never = applyAll([message(1, "operator", "Hello")], { ...LIVE, holdMs: 0 }, inPortuguese);
    for (const timeline of [own, history, page, never]) expect(messages(rows(timeline, [], NOW))).toHaveLength(1);
  });

  it("counts as unread only once it can be read", () => {
    expect(unreadCount(arrived, 0, NOW)).toBe(0);
    expect(unreadCount(arrived, 0, NOW + 1500)).toBe(1);
    expect(unreadCount(arrived, 1, NOW + 1500)).toBe(0);
    const first = arrived.messages.get("m1");
    expect(first && isHeld(arrived, first, NOW)).toBe(true);
  });
});

describe("which text is shown", () => {
  it("follows the visitor's language, and keeps the earlier translation until there is a new one", () => {
    const before = [message(1, "operator", "Hello"), translation(2, "m1", "pt", "Olá"), spoken(3, "fi", "pinned")];
    const waiting = applyAll(before, { ...LIVE, head: 9 }, inPortuguese);
    expect(messages(rows(waiting, [], NOW))[0]?.shown.text).toBe("Olá");
    const done = applyAll([translation(4, "m1", "fi", "Hei")], LIVE, waiting);
    expect(messages(rows(done, [], NOW))[0]?.shown).toEqual({ text: "Hei", language: "fi" });
  });

  it("is never a translation made for somebody else", () => {
    const timeline = applyAll(
      [message(1, "operator", "Hello"), translation(2, "m1", "sv", "Hej")],
      { ...LIVE, head: 9 },
      inPortuguese,
    );
    expect(messages(rows(timeline, [], NOW))[0]?.shown.text).toBe("Hello");
  });

  it("needs no mark when both sides speak the same language", () => {
    const same = translation(2, "m1", "pt", "Olá", { status: "same_language" });
    const [row] = messages(rows(applyAll([message(1, "operator", "Olá"), same], LIVE, inPortuguese), [], NOW));
    expect(row).toMatchObject({ rendering: "plain", other: null });
  });

  it("of the visitor's own message is what they wrote, with the operator's reading beside it", () => {
    const timeline = applyAll([message(1, "visitor", "Olá"), translation(2, "m1", "en", "Hello")], LIVE, inPortuguese);
    const [row] = messages(rows(timeline, [], NOW));
    expect(row?.shown.text).toBe("Olá");
    expect(row?.other).toEqual({ text: "Hello", language: "en" });
  });

  it("is tagged with the language it was found to be in", () => {
    const unknown = message(1, "operator", "Hello", { language: null });
    const found = event(2, "language", { of: "operator", message_id: "m1", language: "fi", message_language: "en", source: "detected" });
    const routed = translation(3, "m1", "pt", "Olá", { route: ["sv", "en", "pt"] });
    const history = { ...LIVE, head: 9 };
    const first = applyAll([unknown, found], history, inPortuguese);
    expect(messages(rows(first, [], NOW))[0]?.shown.language).toBe("en");
    const second = applyAll([unknown, found, routed], history, inPortuguese);
    expect(messages(rows(second, [], NOW))[0]?.other).toEqual({ text: "Hello", language: "sv" });
  });

  it("of a removed message is nothing", () => {
    const timeline = applyAll([message(1, "operator", "x"), event(2, "redacted", { message_id: "m1" })], LIVE);
    expect(messages(rows(timeline, [], NOW + 5000))[0]).toMatchObject({ redacted: true, other: null });
  });
});

describe("the order", () => {
  it("is the log's, with the outbox at the end", () => {
    const timeline = applyAll([message(5, "operator", "b"), message(2, "visitor", "a"), event(7, "closed")]);
    const pending = [{ item: { id: "x", text: "c", at: NOW }, delivery: "waiting" as const }];
    const all = rows(timeline, pending, NOW + 5000);
    expect(all.map((row) => (row.kind === "message" ? row.shown.text : row.kind))).toEqual([
      "day",
      "a",
      "b",
      "notice",
      "c",
    ]);
  });

  it("shows a message of the outbox once when the log has it", () => {
    const timeline = applyAll([message(1, "visitor", "a", { client: "x" })]);
    const pending = [{ item: { id: "x", text: "a", at: NOW }, delivery: "sent" as const }];
    expect(messages(rows(timeline, pending, NOW))).toHaveLength(1);
  });

  it("joins what one author writes within minutes", () => {
    const timeline = applyAll([
      message(1, "visitor", "a"),
      message(2, "visitor", "b"),
      message(3, "visitor", "c", { at: "2026-01-02T10:06:00.000Z" }),
    ]);
    const marks = messages(rows(timeline, [], NOW)).map(({ first, last }) => [first, last]);
    expect(marks).toEqual([
      [true, false],
      [false, true],
      [true, true],
    ]);
  });

  it("puts a day before its first message", () => {
    const timeline = applyAll([
      message(1, "visitor", "a", { at: "2026-01-01T10:00:00.000Z" }),
      message(2, "visitor", "b"),
    ]);
    expect(rows(timeline, [], NOW).map((row) => row.kind)).toEqual(["day", "message", "day", "message"]);
  });
});
