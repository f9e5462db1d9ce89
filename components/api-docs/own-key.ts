"use client";

import { useSyncExternalStore } from "react";

/* The key with which routes are tried: in this variable, for as long as the reference is open in this tab, and nowhere else. */

let key = "";
const listeners = new Set<() => void>();

export function useOwnKey(): [string, (value: string) => void] {
  const value = useSyncExternalStore(
    subscribe,
    () => key,
    () => "",
  );
  return [value, setOwnKey];
}

export function setOwnKey(value: string): void {
  key = value;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
