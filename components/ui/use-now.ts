"use client";

import { useMemo, useSyncExternalStore } from "react";

/** The instant, rounded down to `stepMs` and renewed with every step; null until the browser has taken over. */
export function useNow(stepMs: number): Date | null {
  const store = useMemo(
    () => ({
      subscribe: (onChange: () => void) => {
        const timer = setInterval(onChange, Math.min(stepMs, 1_000));
        return () => clearInterval(timer);
      },
      read: () => Math.floor(Date.now() / stepMs) * stepMs,
    }),
    [stepMs],
  );
  const now = useSyncExternalStore(store.subscribe, store.read, () => null);
  return useMemo(() => (now === null ? null : new Date(now)), [now]);
}
