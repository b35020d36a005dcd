import type { VNode } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Row } from "../rows";
import { fill } from "../texts";
import { Bubble, type RefusedActions } from "./bubble";
import { Down } from "./icons";
import { dayName, type Ui } from "./ui";

/** Closer to the end than this, the log follows new messages. Pixels. */
const NEAR_END = 80;
/** Of the space above the first line of a long message. Pixels. */
const MARGIN = 12;

/**
 * What stays in sight while the log changes: its end, the messages from this one on (its first line
 * at the top when they are longer than the window), or (null) whatever the visitor has scrolled to.
 */
type Anchor = "end" | { readonly from: string } | null;

/** Where the log is scrolled to when it shows that. */
function target(box: HTMLElement, anchor: Exclude<Anchor, null>): number {
  const end = box.scrollHeight - box.clientHeight;
  const row = anchor === "end" ? null : box.querySelector(`[data-row="${CSS.escape(anchor.from)}"]`);
  if (!row) return end;
  const top = row.getBoundingClientRect().top - box.getBoundingClientRect().top;
  return Math.min(end, box.scrollTop + top - MARGIN);
}

function nearEnd(box: HTMLElement): boolean {
  return box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END;
}

/** The first message of others after the row `since`; the last row alone where that is unknown. */
function firstNew(rows: readonly Row[], since: string): string | undefined {
  const at = rows.findIndex((one) => one.key === since);
  const fresh = rows.slice(at < 0 ? -1 : at + 1);
  return fresh.find((one) => one.kind === "message" && one.from !== "visitor")?.key;
}

export function Dots({ label }: { label: string }): VNode {
  return (
    <div class="row theirs first last">
      <div class="bubble dots">
        <span class="hidden">{label}</span>
        <i />
        <i />
        <i />
      </div>
    </div>
  );
}

interface LogProps {
  rows: readonly Row[];
  ui: Ui;
  greeting: VNode;
  /** What follows the last message of a conversation that has ended; null while it goes on. */
  ending: VNode | null;
  /** Whether somebody is writing, and who, if that is known. */
  typing: { readonly now: boolean; readonly name: string | null };
  maxLength: number;
  onEarlier: (() => void) | null;
  actions: RefusedActions;
}

export function Log({ rows, ui, greeting, ending, typing, maxLength, onEarlier, actions }: LogProps): VNode {
  const { texts } = ui;
  const box = useRef<HTMLDivElement>(null);
  const anchor = useRef<Anchor>("end");
  const before = useRef({ height: 0, firstKey: "", lastKey: "", atEnd: true });
  const [behind, setBehind] = useState(false);

  const lastRow = rows.at(-1);
  const lastKey = lastRow?.key ?? "";
  const firstKey = rows[0]?.key ?? "";
  const writing = fill(texts.typing, { name: typing.name ?? texts.support });
  const ownIsLast = lastRow?.kind === "message" && lastRow.from === "visitor";

  const settle = useRef<() => void>(() => undefined);
  settle.current = () => {
    const element = box.current;
    // Closed, it has no height to go by; opening settles it.
    if (!element?.clientHeight) return;
    const old = before.current;
    const isNew = old.lastKey !== lastKey;
    if (isNew && (ownIsLast || old.atEnd)) {
      const from = ownIsLast ? undefined : firstNew(rows, old.lastKey);
      anchor.current = from === undefined ? "end" : { from };
    } else if (isNew) setBehind(true);
    if (anchor.current !== null) element.scrollTop = target(element, anchor.current);
    else if (old.firstKey !== firstKey && !isNew) element.scrollTop += element.scrollHeight - old.height;
    before.current = { height: element.scrollHeight, firstKey, lastKey, atEnd: nearEnd(element) };
  };
  useLayoutEffect(() => {
    settle.current();
  });

  // The keyboard, a banner or a growing input make the log shorter: what was in sight stays so.
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const watcher = new ResizeObserver(() => {
      settle.current();
    });
    watcher.observe(element);
    return () => {
      watcher.disconnect();
    };
  }, []);

  const scrolled = (): void => {
    const element = box.current;
    if (!element) return;
    const atEnd = nearEnd(element);
    before.current.atEnd = atEnd;
    if (atEnd) setBehind(false);
    // Scrolled by us: it is where it shall be.
    if (anchor.current !== null && Math.abs(target(element, anchor.current) - element.scrollTop) < 2) return;
    anchor.current = atEnd ? "end" : null;
  };

  const row = (one: Row): VNode => {
    switch (one.kind) {
      case "day":
        return (
          <p key={one.key} class="day">
            {dayName(one.at, Date.now(), ui)}
          </p>
        );
      case "notice":
        return (
          <p key={one.key} class="notice">
            {one.notice === "joined" ? fill(texts.joined, { name: one.name }) : texts.closed}
          </p>
        );
      case "held":
        return <Dots key={one.key} label={writing} />;
      case "message":
        return <Bubble key={one.key} row={one} ui={ui} maxLength={maxLength} actions={actions} />;
    }
  };

  return (
    <div class="logbox">
      <div ref={box} class="log" role="log" aria-live="polite" aria-label={texts.chat} tabIndex={0} onScroll={scrolled}>
        {onEarlier && (
          <button type="button" class="earlier" onClick={onEarlier}>
            {texts.earlier}
          </button>
        )}
        {(rows.length === 0 || !onEarlier) && greeting}
        {rows.map(row)}
        {ending}
        {typing.now && lastRow?.kind !== "held" && <Dots key="typing" label={writing} />}
      </div>
      {behind && (
        <button
          type="button"
          class="jump"
          onClick={() => {
            box.current?.scrollTo({ top: box.current.scrollHeight, behavior: "smooth" });
          }}
        >
          <Down />
          {texts.newMessages}
        </button>
      )}
    </div>
  );
}
