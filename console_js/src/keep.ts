/**
 * What a reload must not lose. Texts on their way are kept for this tab only (two tabs must not both
 * send them); preferences and what was read, for this browser. Storage may be full or forbidden:
 * then the console works all the same and forgets.
 */

const prefix = 'translate_proxy.console.';

function storage(kind: 'tab' | 'browser'): Storage | null {
  try {
    return kind === 'tab' ? window.sessionStorage : window.localStorage;
  } catch {
    return null; // forbidden by the browser's settings
  }
}

export function recall<T>(kind: 'tab' | 'browser', key: string, otherwise: T): T {
  try {
    const text = storage(kind)?.getItem(prefix + key);
    return text === null || text === undefined ? otherwise : (JSON.parse(text) as T);
  } catch {
    return otherwise; // unreadable: written by something else
  }
}

export function keep(kind: 'tab' | 'browser', key: string, value: unknown): void {
  try {
    storage(kind)?.setItem(prefix + key, JSON.stringify(value));
  } catch {
    // full or forbidden; nothing depends on it
  }
}

export function forget(kind: 'tab' | 'browser', key: string): void {
  try {
    storage(kind)?.removeItem(prefix + key);
  } catch {
    // forbidden
  }
}
