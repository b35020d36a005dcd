/** One JSON value in the browser's storage. Never throws: without storage it lives in memory. */
export interface Slot<T> {
  readonly key: string;
  read(): T | null;
  /** `null` removes it. */
  write(value: T | null): void;
}

/** `area` is a function because in some browsers even looking at `localStorage` throws. */
export function slot<T>(area: () => Storage, key: string): Slot<T> {
  let memory: string | null = null;
  let works = true;
  return {
    key,
    read() {
      try {
        const text = works ? area().getItem(key) : memory;
        return text === null ? null : (JSON.parse(text) as T);
      } catch {
        // Refused storage or foreign content under our key: both mean that there is nothing.
        return null;
      }
    },
    write(value) {
      memory = value === null ? null : JSON.stringify(value);
      try {
        if (memory === null) area().removeItem(key);
        else area().setItem(key, memory);
        works = true;
      } catch {
        works = false;
      }
    },
  };
}

/**
 * Many JSON values, a key each: two tabs that add and remove at the same moment must not undo each
 * other, as they would with one list under one key. Never throws either.
 */
export interface Shelf<T> {
  readonly prefix: string;
  all(): T[];
  put(id: string, value: T): void;
  remove(id: string): void;
}

export function shelf<T>(area: () => Storage, prefix: string): Shelf<T> {
  const memory = new Map<string, T>();
  return {
    prefix,
    all() {
      const found = [...memory.values()];
      try {
        const store = area();
        for (let at = 0; at < store.length; at += 1) {
          const key = store.key(at);
          if (!key?.startsWith(prefix)) continue;
          const value = slot<T>(area, key).read();
          if (value !== null) found.push(value);
        }
      } catch {
        // No storage: what is in memory is all there is.
      }
      return found;
    },
    put(id, value) {
      try {
        area().setItem(prefix + id, JSON.stringify(value));
        memory.delete(id);
      } catch {
        memory.set(id, value);
      }
    },
    remove(id) {
      memory.delete(id);
      slot(area, prefix + id).write(null);
    },
  };
}

/** What is remembered of a visitor, from the first opening of the chat on. */
export interface StoredVisit {
  token: string;
  visitor_id: string;
  /** Whether a conversation is open, so that answers must arrive on every page. */
  conversation: boolean;
  /** The log and the last message in it that the visitor has seen. */
  log: string;
  seen: number;
  /** A language chosen before there was a conversation to pin it on. */
  choice: string | null;
  /** The shop's own id of a customer who was signed in when this was written. */
  customer?: string | null;
}

/** What is remembered of one tab. */
export interface StoredTab {
  open: boolean;
  draft: string;
}

/** A message that waits for its acknowledgement. */
export interface OutboxItem {
  id: string;
  text: string;
  /** Epoch milliseconds; later messages have later ones. */
  at: number;
  /** The code of a final refusal; the visitor decides what happens to it. */
  refused?: string;
}

export interface WidgetStorage {
  readonly visit: Slot<StoredVisit>;
  readonly outbox: Shelf<OutboxItem>;
  readonly tab: Slot<StoredTab>;
}

export function widgetStorage(site: string): WidgetStorage {
  const prefix = `translate_proxy.${site}`;
  return {
    visit: slot(() => localStorage, `${prefix}.visit`),
    outbox: shelf(() => localStorage, `${prefix}.outbox.`),
    tab: slot(() => sessionStorage, `${prefix}.tab`),
  };
}

/**
 * Forget the customer who was signed in here, unless it is this one: token, messages on their way
 * and what is half written, for the computer may be shared. False, and nothing happens, when the
 * visitor was anonymous: what they wrote stays theirs, and moves to the customer who signs in.
 */
export function forgetOtherCustomer({ visit, outbox, tab }: WidgetStorage, customer: string | null): boolean {
  const known = visit.read()?.customer ?? null;
  if (known === null || known === customer) return false;
  const shown = tab.read();
  if (shown) tab.write({ ...shown, draft: "" });
  for (const { id } of outbox.all()) outbox.remove(id);
  visit.write(null);
  return true;
}
