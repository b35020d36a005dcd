/** What every part of the view needs besides its own data. */
import type { Texts } from "../texts";

export interface Ui {
  readonly texts: Texts;
  /** The tag the interface is written in. */
  readonly language: string;
  readonly direction: "ltr" | "rtl";
}

export function clock(at: number, ui: Ui): string {
  return new Intl.DateTimeFormat(ui.language, { hour: "numeric", minute: "2-digit" }).format(at);
}

const DAY_MS = 86_400_000;

/** "Today", "yesterday" or a date, in the interface's language. */
export function dayName(at: number, now: number, ui: Ui): string {
  const start = (time: number): number => new Date(time).setHours(0, 0, 0, 0);
  const days = Math.round((start(at) - start(now)) / DAY_MS);
  if (days > -2) {
    return new Intl.RelativeTimeFormat(ui.language, { numeric: "auto" }).format(days, "day");
  }
  return new Intl.DateTimeFormat(ui.language, { weekday: "long", day: "numeric", month: "long" }).format(at);
}
