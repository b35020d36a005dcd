import { claim, select, showDialog, step, toggleDetails, toggleOriginals } from './actions';
import { store } from './state';

/** Keys that work everywhere in the console. Returns the function that ends it. */
export function listenForKeys(): () => void {
  document.addEventListener('keydown', pressed);
  return () => document.removeEventListener('keydown', pressed);
}

function pressed(event: KeyboardEvent): void {
  const { phase, dialog } = store.get();
  if (phase !== 'signed_in' || dialog || event.ctrlKey || event.metaKey) return;
  if (event.isComposing || event.defaultPrevented) return;
  const done = event.altKey ? withAlt(event.code) : !isTyping(event.target) && plain(event.key);
  if (done) event.preventDefault();
}

/** By the key's place, for Alt makes other letters of them on some keyboards. */
function withAlt(code: string): boolean {
  const { selected } = store.get();
  if (code === 'ArrowDown') step(1);
  else if (code === 'ArrowUp') step(-1);
  else if (code === 'KeyO' && selected) toggleOriginals(selected);
  else if (code === 'KeyC' && selected) return claimShown(selected);
  else return false;
  return true;
}

function plain(key: string): boolean {
  const { selected } = store.get();
  if (key === 'j') step(1);
  else if (key === 'k') step(-1);
  else if (key === '?') showDialog({ kind: 'shortcuts' });
  else if (key === 'r') return focusReply();
  else if (key === 'Escape') return goBack(selected);
  else return false;
  return true;
}

/** Puts away what lies over something else on this screen. */
function goBack(selected: string | null): boolean {
  const narrow = (width: string) => window.matchMedia(`(width < ${width})`).matches;
  if (store.get().details && narrow('75rem')) toggleDetails();
  else if (selected && narrow('45.01rem')) select(null);
  else return false;
  return true;
}

function claimShown(id: string): boolean {
  if (store.get().log.conversations[id]?.status !== 'waiting') return false;
  void claim(id);
  return true;
}

function focusReply(): boolean {
  const box = document.getElementById('reply');
  box?.focus();
  return box !== null;
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, textarea, select') !== null;
}
