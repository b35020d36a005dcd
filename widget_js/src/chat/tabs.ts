/** What several tabs of one visitor share. */

/** Run `task` while no other tab of this shop runs one of the same name. */
export async function exclusive(name: string, task: () => Promise<void>): Promise<void> {
  // Locks exist in secure contexts only. Without them two tabs may send the same message: the
  // server answers its id once, so this saves work and keeps order, it does not keep messages safe.
  const locks = (navigator as { locks?: LockManager }).locks;
  if (locks) await locks.request(name, task);
  else await task();
}

/** Call the prefix's function when another tab has changed something whose key begins with it. */
export function watchStorage(prefixes: Readonly<Record<string, () => void>>): void {
  window.addEventListener("storage", ({ key }) => {
    for (const [prefix, changed] of Object.entries(prefixes)) {
      // No key: everything was removed.
      if (key === null || key.startsWith(prefix)) changed();
    }
  });
}

/** A random UUID, also on pages without a secure context, where `randomUUID` is missing. */
export function newId(): string {
  if ("randomUUID" in crypto) return crypto.randomUUID();
  const bytes = (crypto as Crypto).getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
