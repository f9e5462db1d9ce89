"use client";

import { useSyncExternalStore } from "react";

const CHANGED = "rememberedchange";

/** A choice that this browser keeps; every place that asks for the same key changes with it. The server knows only the fallback. */
export function useRemembered(key: string, fallback: string): [string, (value: string) => void] {
  const value = useSyncExternalStore(
    subscribe,
    () => read(key) ?? fallback,
    () => fallback,
  );
  return [value, (chosen) => write(key, chosen)];
}

/** Storage may be closed to us: choices then last as long as the page. */
const kept = new Map<string, string>();

function read(key: string): string | null {
  try {
    return localStorage.getItem(key) ?? kept.get(key) ?? null;
  } catch {
    return kept.get(key) ?? null;
  }
}

function write(key: string, value: string) {
  kept.set(key, value);
  try {
    localStorage.setItem(key, value);
  } catch {
    // As said above.
  }
  window.dispatchEvent(new Event(CHANGED));
}

function subscribe(onChange: () => void) {
  window.addEventListener(CHANGED, onChange);
  window.addEventListener("storage", onChange);
  return () => {
    window.removeEventListener(CHANGED, onChange);
    window.removeEventListener("storage", onChange);
  };
}
