import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { withLinks } from "../links";
import type { MessageRow, Rendering, Tagged } from "../rows";
import { fill, languageName, type Texts } from "../texts";
import { Check, Clock, Translate, Warning } from "./icons";
import { clock, type Ui } from "./ui";

export interface RefusedActions {
  edit(outboxId: string): void;
  retry(outboxId: string): void;
  discard(outboxId: string): void;
}

function Text({ tagged, className }: { tagged: Tagged; className: string }): VNode {
  return (
    <p class={className} lang={tagged.language ?? undefined} dir="auto">
      {withLinks(tagged.text).map(({ text, href, code }) => {
        if (code) return <span class="code">{text}</span>;
        if (href === undefined) return text;
        return (
          <a href={href} target="_blank" rel="noopener noreferrer">
            {text}
          </a>
        );
      })}
    </p>
  );
}

/** Why an operator's message is shown as it was written; null when it needs no word. */
function explanation(rendering: Rendering, texts: Texts): string | null {
  switch (rendering) {
    case "plain":
    case "translated":
      return null;
    case "awaiting":
    case "timed_out":
    case "overloaded":
      return texts.awaiting;
    case "no_route":
      return texts.noRoute;
    case "too_long":
      return texts.tooLongToTranslate;
    default:
      return texts.failed;
  }
}

interface ProvenanceProps {
  row: MessageRow;
  ui: Ui;
  open: boolean;
  toggle: () => void;
}

/** Where the shown text comes from, and the way to the other one. */
function Provenance({ row, ui, open, toggle }: ProvenanceProps): VNode | null {
  const { texts } = ui;
  const why = explanation(row.rendering, texts);
  if (why !== null) {
    return (
      <span class="provenance warn">
        <Translate />
        {why}
      </span>
    );
  }
  if (!row.other) return null;
  const mine = row.from === "visitor";
  const label = mine
    ? open
      ? texts.hideTranslation
      : texts.showTranslation
    : open
      ? texts.hideOriginal
      : texts.showOriginal;
  if (mine) {
    return (
      <button type="button" class="link glyph" aria-expanded={open} aria-label={label} title={label} onClick={toggle}>
        <Translate />
      </button>
    );
  }
  const source = row.other.language ? languageName(row.other.language, ui.language) : null;
  return (
    <span class="provenance">
      <Translate />
      <span>{source ? `${texts.translated} · ${source}` : texts.translated}</span>
      <button type="button" class="link" aria-expanded={open} onClick={toggle}>
        {label}
      </button>
    </span>
  );
}

function DeliveryMark({ row, ui }: { row: MessageRow; ui: Ui }): VNode {
  const { texts } = ui;
  switch (row.delivery) {
    case "sent":
      return (
        <span class="delivery" title={texts.sent}>
          <Check />
          <span class="hidden">{texts.sent}</span>
        </span>
      );
    case "sending":
    case "waiting":
      return (
        <span class="delivery">
          <Clock />
          {row.delivery === "sending" ? texts.sending : texts.waiting}
        </span>
      );
    case "refused":
      return (
        <span class="delivery bad">
          <Warning />
          {texts.notSent}
        </span>
      );
  }
}

interface BubbleProps {
  row: MessageRow;
  ui: Ui;
  maxLength: number;
  actions: RefusedActions;
}

/** One message: its text in the reader's language, the other text one click away. */
export function Bubble({ row, ui, maxLength, actions }: BubbleProps): VNode {
  const { texts } = ui;
  const [open, setOpen] = useState(false);
  const mine = row.from === "visitor";
  const author = mine ? texts.you : (row.author ?? texts.support);
  const { outboxId } = row;
  const classes = ["row", mine ? "mine" : "theirs", row.first && "first", row.last && "last"];
  return (
    <div class={classes.filter(Boolean).join(" ")} data-row={row.key} data-delivery={row.delivery} data-rendering={row.rendering}>
      {row.first && !mine ? <p class="author">{author}</p> : <span class="hidden">{author}: </span>}
      <div class="bubble">
        {row.redacted ? (
          <p class="removed">{texts.removed}</p>
        ) : (
          <Text tagged={row.shown} className="text" />
        )}
        {open && row.other && <Text tagged={row.other} className="other" />}
      </div>
      <div class="meta">
        {(row.last || row.delivery !== "sent") && (
          <time dateTime={new Date(row.at).toISOString()}>{clock(row.at, ui)}</time>
        )}
        {mine && (row.last || row.delivery !== "sent") && <DeliveryMark row={row} ui={ui} />}
        <Provenance
          row={row}
          ui={ui}
          open={open}
          toggle={() => {
            setOpen(!open);
          }}
        />
      </div>
      {row.refused !== null && outboxId !== null && (
        <div class="refused">
          {row.refused === "too_long" && <p>{fill(texts.tooLong, { max: maxLength })}</p>}
          <button type="button" class="link" onClick={() => { actions.edit(outboxId); }}>
            {texts.edit}
          </button>
          <button type="button" class="link" onClick={() => { actions.retry(outboxId); }}>
            {texts.retry}
          </button>
          <button type="button" class="link" onClick={() => { actions.discard(outboxId); }}>
            {texts.discard}
          </button>
        </div>
      )}
    </div>
  );
}
