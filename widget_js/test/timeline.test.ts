import { describe, expect, it } from "vitest";
import { apply, emptyTimeline, movedTo, readingIn } from "../src/chat/timeline";
import { LIVE, applyAll, event, message, spoken, translation } from "./helpers";

describe("the cursor", () => {
  it("moves by applied events, unknown types included", () => {
    const timeline = applyAll([message(3, "visitor", "a"), event(7, "something_new")]);
    expect(timeline.cursor).toBe(7);
  });

  it("never moves back", () => {
    const timeline = applyAll([message(7, "visitor", "b"), message(3, "visitor", "a")]);
    expect(timeline.cursor).toBe(7);
    expect(movedTo(timeline, 5).cursor).toBe(7);
    expect(movedTo(timeline, 9).cursor).toBe(9);
  });

  it("is left alone by history", () => {
    const timeline = applyAll([message(70, "visitor", "b")]);
    expect(apply(timeline, message(3, "visitor", "a"), { ...LIVE, stream: false }).cursor).toBe(70);
  });
});

describe("translations", () => {
  it("are kept when they come before their message", () => {
    const timeline = applyAll([translation(1, "m2", "pt", "Olá"), message(2, "operator", "Hello")]);
    expect(timeline.translations.get("m2")?.get("pt")?.text).toBe("Olá");
  });

  it("win by revision, whatever the order", () => {
    const first = translation(3, "m1", "pt", "velho");
    const second = translation(4, "m1", "pt", "novo", { revision: 2 });
    for (const order of [
      [first, second],
      [second, first],
    ]) {
      expect(applyAll(order).translations.get("m1")?.get("pt")?.text).toBe("novo");
    }
  });

  it("are kept apart by language", () => {
    const timeline = applyAll([translation(1, "m1", "pt", "Olá"), translation(2, "m1", "fi", "Hei")]);
    expect([...(timeline.translations.get("m1")?.keys() ?? [])]).toEqual(["pt", "fi"]);
  });
});

it("applies an event that comes twice once", () => {
  const once = applyAll([message(1, "visitor", "a"), event(2, "closed")]);
  const twice = applyAll([message(1, "visitor", "a"), event(2, "closed")], LIVE, once);
  expect(twice.messages.size).toBe(1);
  expect(twice.notices.size).toBe(1);
  expect(twice.conversation?.value.closed).toBe(true);
});

describe("the visitor's language", () => {
  it("is the latest one told, the earlier ones remembered", () => {
    const timeline = applyAll([spoken(1, "pt"), spoken(2, "fi", "pinned")], LIVE, readingIn(emptyTimeline, "en"));
    expect(timeline.languages).toEqual(["en", "pt", "fi"]);
    expect(timeline.spoken).toBe("fi");
  });

  it("is not told by an assumption, nor by the operator", () => {
    const timeline = applyAll([spoken(1, "pt", "prior"), spoken(2, "en", "detected", "operator")]);
    expect(timeline.languages).toEqual(["pt"]);
    expect(timeline.spoken).toBeNull();
  });

  it("is not changed by older events from history", () => {
    const timeline = applyAll([spoken(9, "pt")]);
    expect(apply(timeline, spoken(4, "fi"), { ...LIVE, stream: false }).languages).toEqual(["pt"]);
  });
});

describe("the conversation", () => {
  it("is opened by a message, closed, and a new one opened by the next", () => {
    const closed = applyAll([message(1, "visitor", "a"), event(2, "closed")]);
    expect(closed.conversation?.value).toEqual({ id: "c1", closed: true });
    const next = apply(closed, message(3, "visitor", "b", { conversation: "c2" }), LIVE);
    expect(next.conversation?.value).toEqual({ id: "c2", closed: false });
  });

  it("is not reopened by its own earlier messages from history", () => {
    const closed = applyAll([message(8, "visitor", "a"), event(9, "closed")]);
    const page = apply(closed, message(2, "visitor", "old", { conversation: "c0" }), { ...LIVE, stream: false });
    expect(page.conversation?.value).toEqual({ id: "c1", closed: true });
  });

  it("names who answers", () => {
    const timeline = applyAll([
      event(1, "assigned", { operator: { id: "o1", name: "Maija" } }),
      event(2, "transferred", { from: { id: "o1", name: "Maija" }, to: { id: "o2", name: "Rui" } }),
    ]);
    expect(timeline.operator?.value?.name).toBe("Rui");
    expect([...timeline.notices.values()].map((notice) => notice.name)).toEqual(["Maija", "Rui"]);
  });

  it("names nobody while a new conversation, or the same one again, waits", () => {
    const answered = applyAll([event(1, "assigned", { operator: { id: "o1", name: "Maija" } }), event(2, "closed")]);
    const waits = apply(answered, event(3, "queued", { conversation_id: "c2" }), LIVE);
    expect(waits.operator?.value).toBeNull();
    const earlier = apply(waits, event(2, "assigned", { operator: { id: "o1", name: "Maija" } }), LIVE);
    expect(earlier.operator?.value).toBeNull();
  });
});

it("remembers the latest rating, and of which conversation", () => {
  const timeline = applyAll([
    event(1, "closed"),
    event(2, "rated", { stars: 3 }),
    event(3, "rated", { stars: 5, comment: "quick" }),
  ]);
  expect(timeline.rating?.value).toEqual({ conversation: "c1", stars: 5, comment: "quick" });
});

describe("what must disappear", () => {
  it("redacted: text and translations, and whatever comes after", () => {
    const timeline = applyAll([
      message(1, "operator", "secret"),
      translation(2, "m1", "pt", "segredo"),
      event(3, "redacted", { message_id: "m1" }),
      translation(4, "m1", "fi", "salaisuus"),
      event(5, "redacted", { message_id: "m6" }),
      message(6, "operator", "also secret"),
    ]);
    expect(JSON.stringify([...timeline.messages.values()])).not.toContain("secret");
    expect(timeline.translations.size).toBe(0);
  });

  it("redacted: also where only the message says so", () => {
    const told = message(1, "operator", "");
    const gone = { ...told, message: { ...told.message, redacted: true } };
    const timeline = applyAll([message(1, "operator", "secret"), translation(2, "m1", "pt", "segredo"), gone]);
    expect(timeline.redacted.has("m1")).toBe(true);
    expect(timeline.messages.get("m1")?.text).toBe("");
    expect(timeline.translations.size).toBe(0);
    expect(applyAll([gone, translation(2, "m1", "pt", "")]).messages.get("m1")?.text).toBe("");
  });

  it("erased: the conversations named, not the others", () => {
    const timeline = applyAll([
      message(1, "visitor", "a"),
      translation(2, "m1", "en", "b"),
      message(3, "visitor", "c", { conversation: "c2" }),
      event(4, "erased", { conversation_ids: ["c1"] }),
    ]);
    expect([...timeline.messages.keys()]).toEqual(["m3"]);
    expect(timeline.translations.size).toBe(0);
    expect(timeline.cursor).toBe(4);
  });
});
