import type { VNode } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Row } from "../rows";
import { fill } from "../texts";
import { Bubble, type RefusedActions } from "./bubble";
import { Down } from "./icons";
import { dayName, type Ui } from "./ui";

/** Closer to the end than this, the log follows new messages. Pixels. */
const NEAR_END = 80;

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
  const follow = useRef(true);
  const before = useRef({ height: 0, firstKey: "", lastKey: "" });
  const [behind, setBehind] = useState(false);

  const lastRow = rows.at(-1);
  const lastKey = lastRow?.key ?? "";
  const firstKey = rows[0]?.key ?? "";
  const writing = fill(texts.typing, { name: typing.name ?? texts.support });
  const ownIsLast = lastRow?.kind === "message" && lastRow.from === "visitor";

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const old = before.current;
    const isNew = old.lastKey !== lastKey;
    if (follow.current || (isNew && ownIsLast)) element.scrollTop = element.scrollHeight;
    else if (old.firstKey !== firstKey && !isNew) element.scrollTop += element.scrollHeight - old.height;
    else if (isNew) setBehind(true);
    before.current = { height: element.scrollHeight, firstKey, lastKey };
  });

  // The keyboard, a banner or a growing input make the log shorter: its end stays in sight.
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const watcher = new ResizeObserver(() => {
      if (follow.current) element.scrollTop = element.scrollHeight;
    });
    watcher.observe(element);
    return () => {
      watcher.disconnect();
    };
  }, []);

  const scrolled = (): void => {
    const element = box.current;
    if (!element) return;
    follow.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END;
    if (follow.current) setBehind(false);
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
