import type { VNode } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { ownName } from "../texts";
import { Check } from "./icons";
import type { Ui } from "./ui";

interface MenuProps {
  ui: Ui;
  languages: readonly string[];
  /** Those of them in which nobody can answer now. */
  unserved: readonly string[];
  language: string | null;
  /** Whether the visitor chose it. */
  pinned: boolean;
  /** Null takes a choice back. */
  choose: (language: string | null) => void;
  /** Null when there is no conversation to end. */
  end: (() => void) | null;
}

/** "Not your language?", and the way out. */
export function Menu({ ui, languages, unserved, language, pinned, choose, end }: MenuProps): VNode {
  const { texts } = ui;
  const [asking, setAsking] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const ending = useRef<HTMLDivElement>(null);
  const asked = useRef(false);

  useLayoutEffect(() => {
    const menu = box.current;
    const root = menu?.getRootNode() as ShadowRoot | undefined;
    const before = root?.activeElement as HTMLElement | null | undefined;
    menu?.querySelector<HTMLElement>("[aria-checked=true], [role=radio]")?.focus();
    return () => {
      // Back to the button that opened it: focus must not be lost with what it was on.
      if (menu?.contains(root?.activeElement ?? null)) before?.focus();
    };
  }, []);

  useLayoutEffect(() => {
    // The button that asked, or answered, is gone: focus goes to what stands in its place, and of two
    // answers to the one that changes nothing.
    if (asking || asked.current) ending.current?.querySelector<HTMLElement>("button.quiet")?.focus();
    asked.current = asking;
  }, [asking]);

  const move = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const options = [...(box.current?.querySelectorAll<HTMLElement>("[role=radio]") ?? [])];
    const at = options.indexOf(event.target as HTMLElement);
    options[(at + step + options.length) % options.length]?.focus();
  };

  return (
    <div ref={box} class="menu" role="group" aria-label={texts.notMyLanguage}>
      <p class="menu-title">{texts.notMyLanguage}</p>
      <p class="menu-hint">{texts.languageHint}</p>
      <div class="options" role="radiogroup" aria-label={texts.notMyLanguage} onKeyDown={move}>
        {pinned && (
          <button type="button" role="radio" aria-checked={false} onClick={() => { choose(null); }}>
            <span>{texts.automatic}</span>
          </button>
        )}
        {languages.map((tag) => (
          <button
            key={tag}
            type="button"
            role="radio"
            aria-checked={tag === language}
            onClick={() => {
              choose(tag);
            }}
          >
            <span lang={tag} dir="auto">
              {ownName(tag)}
            </span>
            {unserved.includes(tag) && <small>{texts.untranslated}</small>}
            {tag === language && <Check />}
          </button>
        ))}
      </div>
      {end && (
        <div ref={ending} class="ending">
          {asking ? (
            <>
              <p>{texts.endQuestion}</p>
              <button type="button" class="danger" onClick={end}>
                {texts.endChat}
              </button>
              <button type="button" class="quiet" onClick={() => { setAsking(false); }}>
                {texts.cancel}
              </button>
            </>
          ) : (
            <button type="button" class="quiet" onClick={() => { setAsking(true); }}>
              {texts.endChat}
            </button>
          )}
        </div>
      )}
    </div>
  );
}
