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
  /** Epoch milliseconds. */
  at: number;
  /** The code of a final refusal; the visitor decides what happens to it. */
  refused?: string;
}

export interface WidgetStorage {
  readonly visit: Slot<StoredVisit>;
  readonly outbox: Slot<OutboxItem[]>;
  readonly tab: Slot<StoredTab>;
}

export function widgetStorage(site: string): WidgetStorage {
  const prefix = `translate_proxy.${site}`;
  return {
    visit: slot(() => localStorage, `${prefix}.visit`),
    outbox: slot(() => localStorage, `${prefix}.outbox`),
    tab: slot(() => sessionStorage, `${prefix}.tab`),
  };
}
