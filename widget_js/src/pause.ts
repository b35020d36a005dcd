/** Milliseconds until what has failed so often is tried again. */
export const pause = (failures: number): number => Math.min(60_000, 1000 * 2 ** failures);
