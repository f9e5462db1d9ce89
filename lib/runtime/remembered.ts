/** A value that is read when it is asked for, and kept until it is dropped or too old. */
export function remembered<T>(lifetimeMs: number, read: () => Promise<T>): { read(): Promise<T>; drop(): void } {
  let kept: { value: Promise<T>; readAtMs: number } | null = null;
  return {
    read: () => {
      if (kept && performance.now() - kept.readAtMs < lifetimeMs) return kept.value;
      const entry = { value: read(), readAtMs: performance.now() };
      kept = entry;
      entry.value.catch(() => {
        if (kept === entry) kept = null;
      });
      return entry.value;
    },
    drop: () => {
      kept = null;
    },
  };
}
