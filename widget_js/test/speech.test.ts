import { describe, expect, it } from "vitest";
import type { Ack, SiteInfo } from "../src/chat/protocol";
import { Speech, type PinAck, type SpeechDeps } from "../src/chat/speech";
import { emptyTimeline, readingIn, type Timeline } from "../src/chat/timeline";
import { applyAll, spoken } from "./helpers";

const SITE = { languages: ["pt-PT", "en", "fi"], unserved: ["fi"] } as unknown as SiteInfo;

interface Made {
  speech: Speech;
  kept: (string | null)[];
  timeline: () => Timeline;
}

function speaking(
  timeline: Timeline,
  { site = SITE, locale = "en", ...more }: Partial<Omit<SpeechDeps, "site" | "locale">> & { site?: SiteInfo | null; locale?: string } = {},
): Made {
  let now = timeline;
  const kept: (string | null)[] = [];
  const speech = new Speech({
    choice: null,
    locale: () => locale,
    site: () => site,
    unserved: ["fi"],
    timeline: () => now,
    setTimeline: (next) => (now = next),
    remember: (choice) => kept.push(choice),
    pin: (language) => answered({ conversation_id: "c1", language: language ?? "en" }),
    tell: () => answered({ language: "en" }),
    ...more,
  });
  return { speech, kept, timeline: () => now };
}

function answered<T extends object>(body: T): Promise<Ack<T>> {
  return Promise.resolve({ ok: true, ...body });
}

describe("a language", () => {
  it("that is chosen is pinned, and the choice can be taken back", async () => {
    const { speech, kept, timeline } = speaking(applyAll([spoken(1, "en", "prior")]));
    expect(speech.pinned).toBe(false);
    await speech.choose("pt-PT");
    expect([speech.language, speech.spoken, speech.pinned]).toEqual(["pt-PT", "pt-PT", true]);
    await speech.choose(null);
    expect([speech.language, speech.spoken, speech.pinned]).toEqual(["en", null, false]);
    expect(kept.at(-1)).toBeNull();
    expect(timeline().languages).toEqual(["pt-PT", "en"]);
  });

  it("that is chosen before there is a conversation waits for one", async () => {
    const nowhere = (language: string | null): Promise<Ack<PinAck>> =>
      answered({ conversation_id: null, language: language ?? "en" });
    const { speech, kept } = speaking(readingIn(emptyTimeline, "en"), { pin: nowhere });
    await speech.choose("fi");
    expect([speech.choice, speech.pinned, kept]).toEqual(["fi", true, ["fi"]]);
    await speech.choose(null);
    expect([speech.choice, speech.pinned, speech.language]).toEqual([null, false, "en"]);
  });

  it("is what it was when a pin of an earlier page is taken back elsewhere", () => {
    const pinned = applyAll([spoken(1, "en"), spoken(2, "fi", "pinned")]);
    expect(speaking(pinned).speech.pinned).toBe(true);
    const { speech } = speaking(applyAll([spoken(3, "en", "prior")], undefined, pinned));
    expect([speech.language, speech.spoken, speech.pinned]).toEqual(["en", null, false]);
  });

  it("of the page counts at once, unless another one has been told since", async () => {
    const pt = (): Promise<Ack<PinAck>> => answered({ conversation_id: null, language: "pt-PT" });
    const told = speaking(readingIn(emptyTimeline, "en"), { locale: "pt", tell: pt });
    await told.speech.pageSpeaks("pt");
    expect(told.speech.language).toBe("pt-PT");
    const late = speaking(readingIn(emptyTimeline, "en"), { locale: "fi", tell: pt });
    await late.speech.pageSpeaks("pt");
    expect(late.speech.language).toBe("en");
  });
});

describe("translation is promised", () => {
  it.each([
    ["en", true],
    ["fi", false],
  ])("to who speaks %s: %s", (language, promised) => {
    expect(speaking(readingIn(emptyTimeline, language)).speech.translates("en")).toBe(promised);
  });

  it("in a language that the chat's own texts are in, too", () => {
    expect(speaking(readingIn(emptyTimeline, "en")).speech.translates("fi")).toBe(false);
  });

  it.each([
    ["fi-FI", false],
    ["pt-BR", true],
    ["ja", true],
  ])("before the chat has connected, on a page in %s: %s", (locale, promised) => {
    expect(speaking(emptyTimeline, { site: null, locale }).speech.translates(locale)).toBe(promised);
  });

  it("by exact tags where the site tells them apart", () => {
    const site = { ...SITE, languages: ["zh-Hans", "zh-Hant"], unserved: ["zh-Hant"] };
    expect(speaking(readingIn(emptyTimeline, "zh-Hans"), { site }).speech.translates("en")).toBe(true);
    expect(speaking(readingIn(emptyTimeline, "zh-Hant"), { site }).speech.translates("en")).toBe(false);
  });
});
