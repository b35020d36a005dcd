const names = new Intl.DisplayNames(['en'], { type: 'language' });
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const dayMonth = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const wholeDay = new Intl.DateTimeFormat('en-GB', {
  weekday: 'long',
  day: 'numeric',
  month: 'long',
});
const whole = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });

/** "Portuguese" for `pt`; the tag itself where no name is known. */
export function languageName(tag: string): string {
  try {
    return names.of(tag) ?? tag;
  } catch {
    return tag; // not a well-formed tag; it is shown as it came
  }
}

/** "14:05" */
export function timeOfDay(at: string): string {
  return clock.format(new Date(at));
}

/** "22 November 2026, 14:05:09", for a tooltip. */
export function fullTime(at: string): string {
  return whole.format(new Date(at));
}

/** "Today", "Yesterday", or "Sunday 22 November". */
export function dayName(at: string, now: number): string {
  const days = dayNumber(now) - dayNumber(new Date(at).getTime());
  if (days === 0) return 'Today';
  if (days === 1) return 'Yesterday';
  return wholeDay.format(new Date(at));
}

export function sameDay(a: string, b: string): boolean {
  return dayNumber(new Date(a).getTime()) === dayNumber(new Date(b).getTime());
}

/** The time today, the day before that. */
export function shortTime(at: string, now: number): string {
  return sameDay(at, new Date(now).toISOString()) ? timeOfDay(at) : dayMonth.format(new Date(at));
}

/** "now", "45 s", "3 min", "2 h", "4 d": how long since `at`. */
export function elapsed(at: string, now: number): string {
  const seconds = Math.max(0, Math.floor((now - new Date(at).getTime()) / 1000));
  if (seconds < 10) return 'now';
  if (seconds < 60) return `${Math.floor(seconds / 10) * 10} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** "pt → en", with every step of a pivoted route. */
export function routeText(route: readonly string[]): string {
  return route.join(' → ');
}

/** "142 ms", "2.4 s" */
export function duration(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** Two letters for a face that has no picture. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/u);
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined];
  return letters
    .map((word) => Array.from(word ?? '')[0] ?? '')
    .join('')
    .toLocaleUpperCase();
}

/** 0..7, always the same for the same id: which tint somebody has. */
export function tint(id: string): number {
  let sum = 0;
  for (const letter of id) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 9973;
  return sum % 8;
}

/** A cart, whose shape is the shop's own, line by line: one for each thing that is listed in it, one
 * for each other entry. */
export function cartLines(cart: Record<string, unknown> | null): string[] {
  const lines = Object.entries(cart ?? {}).flatMap(([key, value]) =>
    Array.isArray(value) ? value.map(inWords) : [`${key}: ${inWords(value)}`],
  );
  return lines.slice(0, 30);
}

function inWords(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .map(([key, inside]) => (Array.isArray(value) ? '' : `${key}: `) + inWords(inside))
    .join(', ');
}

/** Days since 1 January 1970 on the reader's own clock. */
function dayNumber(ms: number): number {
  const offset = new Date(ms).getTimezoneOffset() * 60_000;
  return Math.floor((ms - offset) / 86_400_000);
}
