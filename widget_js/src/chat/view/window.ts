/** The panel as a window of its own: full screen on phones, above the keyboard, keeping the focus. */

/** Phones, upright or on their side. The style sheet says the same. */
export const PHONE = matchMedia("(max-width: 480px), (max-height: 480px) and (pointer: coarse)");

/** Keep the panel inside what the on-screen keyboard leaves visible. Returns how to stop. */
export function fitToKeyboard(panel: HTMLElement): () => void {
  const viewport = window.visualViewport;
  if (!viewport) return () => undefined;
  const fit = (): void => {
    panel.style.height = PHONE.matches ? `${viewport.height}px` : "";
    panel.style.top = PHONE.matches ? `${viewport.offsetTop}px` : "";
  };
  fit();
  viewport.addEventListener("resize", fit);
  viewport.addEventListener("scroll", fit);
  return () => {
    viewport.removeEventListener("resize", fit);
    viewport.removeEventListener("scroll", fit);
  };
}

/** Tab goes round inside the panel, as in every modal dialog. */
export function keepFocusInside(panel: HTMLElement, event: KeyboardEvent): void {
  if (event.key !== "Tab") return;
  const stops = [...panel.querySelectorAll<HTMLElement>("button:enabled, a[href], textarea:enabled, [tabindex='0']")];
  const active = (panel.getRootNode() as ShadowRoot).activeElement;
  const edge = event.shiftKey ? stops[0] : stops.at(-1);
  if (active !== edge && active !== panel) return;
  event.preventDefault();
  (event.shiftKey ? stops.at(-1) : stops[0])?.focus();
}
