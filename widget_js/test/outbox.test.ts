import { beforeEach, describe, expect, it } from "vitest";
import { Outbox, type OutboxDeps } from "../src/chat/outbox";
import type { Ack, MessageAck } from "../src/chat/protocol";
import { shelf, type OutboxItem } from "../src/storage";

const OK: Ack<MessageAck> = { ok: true, message_id: "m", conversation_id: "c", cursor: 1 };

function refusal(code: string, retryAfter?: number): Ack<MessageAck> {
  const error = { code, detail: "" };
  return { ok: false, error: retryAfter === undefined ? error : { ...error, retry_after: retryAfter } };
}

/** One browser: its storage is shared by the outboxes of its tabs. */
let stored: Map<string, string>;
let sent: OutboxItem[];
let answers: (Ack<MessageAck> | "silence")[];
let connected: boolean;
let timers: { ms: number; task: () => void }[];
let queue: Promise<void>;

const area = {
  get length() {
    return stored.size;
  },
  key: (at: number) => [...stored.keys()][at] ?? null,
  getItem: (key: string) => stored.get(key) ?? null,
  setItem: (key: string, value: string) => stored.set(key, value),
  removeItem: (key: string) => stored.delete(key),
} as unknown as Storage;

function tab(more: Partial<OutboxDeps> = {}): Outbox {
  let made = 0;
  const name = Math.random().toString(36);
  return new Outbox({
    shelf: shelf(() => area, "outbox."),
    send: async (item) => {
      sent.push(item);
      await Promise.resolve();
      const answer = answers.shift() ?? OK;
      if (answer !== "silence") return answer;
      throw new Error("no answer");
    },
    connected: () => connected,
    exclusive: (task) => {
      const turn = queue.then(task);
      queue = turn;
      return turn;
    },
    later: (ms, task) => timers.push({ ms, task }),
    now: () => 0,
    newId: () => `${name}-${(made += 1)}`,
    changed: () => undefined,
    acknowledged: () => undefined,
    ...more,
  });
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
}

beforeEach(() => {
  stored = new Map();
  sent = [];
  answers = [];
  connected = true;
  timers = [];
  queue = Promise.resolve();
});

describe("the outbox", () => {
  it("sends in order, one at a time, and keeps nothing that is acknowledged", async () => {
    const box = tab();
    box.add("a");
    box.add("b");
    await settled();
    expect(sent.map((item) => item.text)).toEqual(["a", "b"]);
    expect(stored.size).toBe(0);
    expect(box.pending().map(({ delivery }) => delivery)).toEqual(["sent", "sent"]);
  });

  it("sends the same id again after silence, and nothing in between", async () => {
    answers = ["silence", "silence", OK];
    const box = tab();
    box.add("a");
    box.add("b");
    await settled();
    expect(sent.map((item) => item.text)).toEqual(["a", "a", "a", "b"]);
    expect(new Set(sent.map((item) => item.id)).size).toBe(2);
  });

  it("survives a reload", async () => {
    connected = false;
    tab().add("a");
    await settled();
    expect(sent).toHaveLength(0);
    const afterReload = tab();
    expect(afterReload.pending()).toMatchObject([{ item: { text: "a" }, delivery: "waiting" }]);
    connected = true;
    afterReload.pump();
    await settled();
    expect(sent.map((item) => item.text)).toEqual(["a"]);
  });

  it("waits out a refusal that passes, then sends the same id", async () => {
    answers = [refusal("rate_limited", 4), OK];
    const box = tab();
    box.add("a");
    await settled();
    expect(sent).toHaveLength(1);
    expect(timers.map(({ ms }) => ms)).toEqual([4000]);
    expect(box.pending()).toMatchObject([{ delivery: "waiting" }]);
    timers[0]?.task();
    await settled();
    expect(sent[1]?.id).toBe(sent[0]?.id);
    expect(stored.size).toBe(0);
  });

  it("keeps a refused message for the visitor and goes on with the next", async () => {
    answers = [refusal("too_long"), OK];
    const box = tab();
    box.add("long");
    box.add("short");
    await settled();
    expect(sent.map((item) => item.text)).toEqual(["long", "short"]);
    const refused = box.pending().find(({ delivery }) => delivery === "refused");
    expect(refused?.item).toMatchObject({ text: "long", refused: "too_long" });
    expect(box.remove(refused?.item.id ?? "")).toBe("long");
    expect(stored.size).toBe(0);
  });

  it("tries a refused message again under a new id", async () => {
    answers = [refusal("bad_request"), OK];
    const box = tab();
    box.add("a");
    await settled();
    box.retry(sent[0]?.id ?? "");
    await settled();
    expect(sent.map((item) => item.text)).toEqual(["a", "a"]);
    expect(sent[1]?.id).not.toBe(sent[0]?.id);
  });

  it("does not show a message again that the log has shown before it was acknowledged", async () => {
    const box = tab({
      send: async (item) => {
        await Promise.resolve();
        box.seen(item.id);
        await Promise.resolve();
        return OK;
      },
    });
    box.add("a");
    await settled();
    expect(box.pending()).toEqual([]);
    expect(stored.size).toBe(0);
  });

  it("shows nothing acknowledged in another timeline", async () => {
    const box = tab();
    box.add("a");
    await settled();
    expect(box.pending()).toHaveLength(1);
    box.forgetSent();
    expect(box.pending()).toEqual([]);
  });

  it("is emptied by the log when the acknowledgement was lost", async () => {
    answers = ["silence"];
    const box = tab({
      connected: () => sent.length === 0,
    });
    box.add("a");
    await settled();
    expect(box.pending()).toHaveLength(1);
    box.seen(sent[0]?.id ?? "");
    expect(box.pending()).toHaveLength(0);
    expect(stored.size).toBe(0);
  });

  it("is shared by tabs, which do not send the same message twice", async () => {
    const first = tab();
    const second = tab();
    first.add("a");
    second.pump();
    second.add("b");
    first.pump();
    await settled();
    expect(sent.map((item) => item.text)).toEqual(["a", "b"]);
  });

  it("takes foreign content in its place for nothing", () => {
    stored.set("outbox.x", '{"not":"a message"}').set("outbox.y", "[").set("other", '{"id":"z","text":"z"}');
    expect(tab().pending()).toEqual([]);
  });
});
