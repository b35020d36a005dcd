import { describe, expect, it } from "vitest";
import { Earlier } from "../src/chat/earlier";
import type { Ack, LogEvent, Page } from "../src/chat/protocol";
import { message, translation } from "./helpers";

/** Answers with these pages, one after the other. */
function over(...pages: Page[]) {
  const asked: number[] = [];
  const shown: LogEvent[] = [];
  const tasks: (() => void)[] = [];
  const earlier = new Earlier({
    history: (limit) => {
      asked.push(limit);
      const page = pages.shift();
      const answer: Ack<Page> | null = page ? { ok: true, ...page } : null;
      return Promise.resolve(answer);
    },
    show: (events) => shown.push(...events),
    later: (_ms, task) => tasks.push(task),
    changed: () => undefined,
  });
  const look = async () => {
    earlier.lookSoon();
    tasks.pop()?.();
    await Promise.resolve();
    await Promise.resolve();
  };
  return { earlier, asked, shown, look };
}

const said = message(1, "visitor", "Olá");
const read = translation(2, "m1", "en", "Hello");

describe("earlier messages", () => {
  it("are offered where there are some, not where other things happened", async () => {
    for (const [page, any] of [
      [{ events: [], more: false }, false],
      [{ events: [read], more: false }, false],
      [{ events: [said], more: false }, true],
      [{ events: [read], more: true }, true],
    ] as const) {
      const { earlier, look } = over(page);
      await look();
      expect(earlier.any).toBe(any);
    }
  });

  it("are gone on for past a page that shows none", async () => {
    const { earlier, asked, shown } = over(
      { events: [read], more: true },
      { events: [said], more: true },
      { events: [], more: false },
    );
    await earlier.load();
    expect(asked).toHaveLength(2);
    expect(shown).toEqual([read, said]);
    expect(earlier.any).toBe(true);
  });
});
