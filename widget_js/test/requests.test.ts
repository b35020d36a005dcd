import { describe, expect, it } from "vitest";
import type { Ack } from "../src/chat/protocol";
import { Requests } from "../src/chat/requests";
import { forgetOtherCustomer, shelf, slot, type OutboxItem, type StoredTab, type StoredVisit } from "../src/storage";

const refusal = (code: string, retry_after?: number): Ack =>
  ({ ok: false, error: { code, detail: "", retry_after } }) as Ack;

/** A server that gives these answers, one after the other, and then agrees. */
function asking(...answers: (Ack | null)[]) {
  const calls: { event: string; payload: Record<string, unknown> }[] = [];
  const waits: number[] = [];
  const seen: boolean[] = [];
  let ids = 0;
  const requests: Requests = new Requests({
    call: (event, payload) => {
      calls.push({ event, payload: payload as Record<string, unknown> });
      return Promise.resolve(answers.length ? (answers.shift() ?? null) : { ok: true });
    },
    later: (ms, task) => {
      waits.push(ms);
      queueMicrotask(task);
    },
    newId: () => `id${(ids += 1)}`,
    changed: () => {
      seen.push(requests.retrying);
    },
  });
  return { requests, calls, waits, seen, answers };
}

describe("what a visitor asks for", () => {
  it("is asked again under the same id, when the server says", async () => {
    const { requests, calls, waits, seen } = asking(refusal("rate_limited", 2), refusal("unavailable"), null);
    await requests.rate(4, "Quick");
    expect(calls).toHaveLength(4);
    expect(new Set(calls.map((one) => one.payload.id)).size).toBe(1);
    expect(waits).toEqual([2000, 3000, 3000]);
    expect(seen).toEqual([true, true, true, false]);
    expect(requests.undone).toBeNull();
  });

  it("is left to the visitor in the end, who may ask once more", async () => {
    const no = refusal("rate_limited", 600);
    const { requests, calls, waits } = asking(no, no, no, no);
    await requests.rate(4, null);
    expect(waits).toEqual([20_000, 20_000, 20_000]);
    expect(requests.retrying).toBe(false);
    requests.undone?.();
    await Promise.resolve();
    expect(calls.at(-1)?.payload).toMatchObject({ id: "id2", stars: 4 });
    await Promise.resolve();
    expect(requests.undone).toBeNull();
  });

  it("is not asked again after a refusal that stays", async () => {
    const { requests, calls } = asking(refusal("bad_request"));
    await requests.rate(4, null);
    expect(calls).toHaveLength(1);
    expect(requests.undone).not.toBeNull();
  });

  it("has been done when another has ended the conversation", async () => {
    const { requests } = asking(refusal("not_found"));
    await requests.endConversation();
    expect(requests.undone).toBeNull();
  });

  it("is never asked in the name of the next visitor", async () => {
    const { requests, calls } = asking(refusal("rate_limited", 1));
    const asked = requests.rate(1, null);
    requests.forget();
    await asked;
    expect(calls).toHaveLength(1);
    expect(requests.undone).toBeNull();
  });
});

describe("a shared computer", () => {
  function storage(customer: string | null) {
    const kept = new Map<string, string>();
    const area = (): Storage =>
      ({
        get length() {
          return kept.size;
        },
        key: (at: number) => [...kept.keys()][at] ?? null,
        getItem: (key: string) => kept.get(key) ?? null,
        setItem: (key: string, value: string) => void kept.set(key, value),
        removeItem: (key: string) => void kept.delete(key),
      }) as unknown as Storage;
    const all = {
      visit: slot<StoredVisit>(area, "visit"),
      outbox: shelf<OutboxItem>(area, "outbox."),
      tab: slot<StoredTab>(area, "tab"),
    };
    all.visit.write({ token: "t", visitor_id: "v", conversation: true, log: "l", seen: 1, choice: "pt", customer });
    all.outbox.put("1", { id: "1", text: "private", at: 1 });
    all.tab.write({ open: true, draft: "private" });
    return { all, kept };
  }

  it.each([null, "customer-8"])("keeps nothing of a customer who has signed out, then %s", (next) => {
    const { all, kept } = storage("customer-7");
    expect(forgetOtherCustomer(all, next)).toBe(true);
    expect([...kept]).toEqual([["tab", '{"open":true,"draft":""}']]);
  });

  it.each([
    ["customer-7", "customer-7"],
    [null, "customer-7"],
    [null, null],
  ])("keeps all of %s for %s", (known, next) => {
    const { all, kept } = storage(known);
    const before = [...kept];
    expect(forgetOtherCustomer(all, next)).toBe(false);
    expect([...kept]).toEqual(before);
  });
});
