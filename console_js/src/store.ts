import { useEffect, useLayoutEffect, useState } from 'preact/hooks';

type Listener = () => void;

/** Holds one immutable state and tells who listens when it is replaced. */
export class Store<S> {
  private state: S;
  private readonly listeners = new Set<Listener>();

  constructor(state: S) {
    this.state = state;
  }

  get(): S {
    return this.state;
  }

  set(change: Partial<S>): void {
    this.state = { ...this.state, ...change };
    for (const listener of [...this.listeners]) listener();
  }

  /** Returns the function that ends it. */
  subscribe(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

/** What `select` picks from the store; the component renders again when that changes (`Object.is`). */
export function useStore<S, T>(store: Store<S>, select: (state: S) => T): T {
  const [, setVersion] = useState(0);
  const value = select(store.get());
  useLayoutEffect(() => {
    let last = value;
    const check = () => {
      const next = select(store.get());
      if (!Object.is(next, last)) {
        last = next;
        setVersion((version) => version + 1);
      }
    };
    check();
    return store.subscribe(check);
  });
  return value;
}

/** The time in epoch milliseconds, refreshed every `everyMs`. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(() => Date.now());
  useLayoutEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** Whether a media query holds, now and from now on. */
export function useMedia(query: string): boolean {
  const [holds, setHolds] = useState(() => window.matchMedia(query).matches);
  useEffect(() => {
    const list = window.matchMedia(query);
    const look = () => setHolds(list.matches);
    look();
    list.addEventListener('change', look);
    return () => list.removeEventListener('change', look);
  }, [query]);
  return holds;
}
