import { textOn } from "./color";
import { parseColor, type WidgetConfig } from "./config";
import type { Appearance, Launcher } from "./host";

const DEFAULT_COLOR = "#0b6b66";
const SVG = "http://www.w3.org/2000/svg";

const CSS = `:host{all:initial!important;position:fixed!important;z-index:2147483000!important;display:block!important}
.launcher{all:unset;box-sizing:border-box;position:fixed;inset-block-end:calc(20px + env(safe-area-inset-bottom));right:calc(20px + env(safe-area-inset-right));width:60px;height:60px;border-radius:50%;display:grid;place-items:center;cursor:pointer;color:var(--on-accent);background:var(--accent);box-shadow:0 1px 2px #0003,0 6px 20px #00000038;transition:transform .18s ease,box-shadow .18s ease;-webkit-tap-highlight-color:transparent}
:host([data-side=left]) .launcher{right:auto;left:calc(20px + env(safe-area-inset-left))}
.launcher:hover{transform:translateY(-2px);box-shadow:0 2px 4px #0003,0 10px 28px #00000047}
.launcher:active{transform:scale(.96)}
.launcher:focus-visible{outline:3px solid var(--accent);outline-offset:3px}
.launcher svg{grid-area:1/1;width:30px;height:30px;fill:none;stroke:currentColor;stroke-width:2;stroke-linecap:round;stroke-linejoin:round;transition:opacity .18s,transform .18s}
.launcher .shut{opacity:0;transform:scale(.6)}
.launcher[aria-expanded=true] .talk{opacity:0;transform:scale(.6)}
.launcher[aria-expanded=true] .shut{opacity:1;transform:none}
.launcher[aria-busy=true] .talk{animation:busy 1s ease-in-out infinite alternate}
.launcher b{position:absolute;top:-3px;right:-3px;min-width:22px;height:22px;box-sizing:border-box;padding:0 6px;border-radius:11px;background:#d92d3a;color:#fff;font:700 12px/22px system-ui,sans-serif;text-align:center;box-shadow:0 0 0 2px #fff}
.launcher b:empty,.note:empty{display:none}
.note{position:fixed;inset-block-end:calc(92px + env(safe-area-inset-bottom));right:calc(20px + env(safe-area-inset-right));box-sizing:border-box;max-width:min(280px,100vw - 40px);margin:0;padding:10px 14px;border-radius:14px;background:#1a1f25;color:#fff;font:400 14px/1.4 system-ui,sans-serif;box-shadow:0 6px 20px #00000038}
:host([data-side=left]) .note{right:auto;left:calc(20px + env(safe-area-inset-left))}
@keyframes busy{to{opacity:.35}}
@media (prefers-reduced-motion:reduce){.launcher,.launcher svg{transition:none;animation:none!important}}
@media print{:host{display:none!important}}`;

function sheet(css: string): CSSStyleSheet {
  const made = new CSSStyleSheet();
  made.replaceSync(css);
  return made;
}

function icon(name: string, ...paths: string[]): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 32 32");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", name);
  for (const d of paths) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}

export interface LauncherParts {
  readonly element: HTMLElement;
  readonly root: ShadowRoot;
  readonly launcher: Launcher;
  readonly setAppearance: (appearance: Appearance) => void;
}

/** The button in its shadow root. Styles are constructed: a strict CSP refuses everything else. */
export function makeLauncher(config: WidgetConfig, onClick: () => void): LauncherParts {
  const element = document.createElement("translate-proxy-widget");
  const root = element.attachShadow({ mode: "open" });
  const theme = sheet("");
  root.adoptedStyleSheets = [theme, sheet(CSS)];

  // The script tag's word counts more than the site's.
  const setAppearance: LauncherParts["setAppearance"] = ({ color, position }) => {
    const accent = config.color ?? parseColor(color) ?? DEFAULT_COLOR;
    theme.replaceSync(`:host{--accent:${accent};--on-accent:${textOn(accent)}}`);
    element.dataset.side = config.position ?? (position === "left" ? position : "right");
  };

  const button = document.createElement("button");
  button.type = "button";
  button.className = "launcher";
  button.setAttribute("aria-haspopup", "dialog");
  const badge = document.createElement("b");
  button.append(
    icon(
      "talk",
      "M5 9a4 4 0 0 1 4-4h9a4 4 0 0 1 4 4v4a4 4 0 0 1-4 4h-7l-4.5 3.5V16A4 4 0 0 1 5 13z",
      "M26 12.5a3.6 3.6 0 0 1 1.5 3V19a4 4 0 0 1-1.5 3.1V27l-4.5-3.5H17a4 4 0 0 1-3-1.3",
    ),
    icon("shut", "M9 13l7 7 7-7"),
    badge,
  );
  button.addEventListener("click", onClick);
  const note = document.createElement("p");
  note.className = "note";
  note.setAttribute("role", "alert");
  note.dir = "auto";
  root.append(button, note);

  let name = "";
  let unread = 0;
  const announce = (): void => {
    button.setAttribute("aria-label", unread ? `${name} (${unread})` : name);
  };
  const launcher: Launcher = {
    button,
    setLabel(text) {
      name = text;
      announce();
    },
    setOpen(open) {
      button.setAttribute("aria-expanded", String(open));
    },
    setUnread(count) {
      unread = count;
      badge.textContent = count ? (count > 9 ? "9+" : String(count)) : "";
      announce();
    },
    setNote(text) {
      note.textContent = text;
    },
  };
  launcher.setOpen(false);
  return { element, root, launcher, setAppearance };
}
