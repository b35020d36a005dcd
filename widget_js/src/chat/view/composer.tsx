import type { VNode } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { codePoints } from "../sendable";
import { fill } from "../texts";
import { Send, Translate } from "./icons";
import type { Ui } from "./ui";

/** The counter appears when fewer characters than this are left. */
const COUNTER_FROM = 200;

interface ComposerProps {
  ui: Ui;
  draft: string;
  maxLength: number;
  translates: boolean;
  disabled: boolean;
  open: boolean;
  setDraft: (text: string) => void;
  send: () => void;
}

export function Composer({ ui, draft, maxLength, translates, disabled, open, setDraft, send }: ComposerProps): VNode {
  const { texts } = ui;
  const input = useRef<HTMLTextAreaElement>(null);
  const left = maxLength - codePoints(draft.trim());
  const ready = !disabled && draft.trim() !== "" && left >= 0;

  useLayoutEffect(() => {
    const element = input.current;
    // Hidden, it has no height to go by; opening renders again.
    if (!element?.scrollHeight) return;
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight}px`;
  }, [draft, open]);

  const submit = (event: Event): void => {
    event.preventDefault();
    if (ready) send();
    input.current?.focus();
  };

  return (
    <form class="composer" onSubmit={submit}>
      <div class="field">
        <textarea
          ref={input}
          rows={1}
          dir="auto"
          value={draft}
          disabled={disabled}
          aria-label={texts.placeholder}
          aria-invalid={left < 0}
          placeholder={texts.placeholder}
          enterkeyhint="send"
          onInput={(event) => {
            setDraft(event.currentTarget.value);
          }}
          onKeyDown={(event) => {
            // While composing (Japanese, dead keys), Enter belongs to the input method.
            if (event.key === "Enter" && !event.shiftKey && !event.isComposing) submit(event);
          }}
        />
        <button type="submit" class="send" disabled={!ready} aria-label={texts.send} title={texts.send}>
          <Send />
        </button>
      </div>
      {left < COUNTER_FROM ? (
        <p class={left < 0 ? "hint bad" : "hint"} role={left < 0 ? "alert" : undefined}>
          {left < 0 ? fill(texts.tooLong, { max: maxLength }) : String(left)}
        </p>
      ) : (
        <p class="hint">
          <Translate />
          {translates ? texts.autoTranslated : texts.untranslatedHint}
        </p>
      )}
    </form>
  );
}
