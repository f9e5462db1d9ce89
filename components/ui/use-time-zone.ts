"use client";

import { useSyncExternalStore } from "react";

const never = () => () => {};

/** The viewer's; before the browser has taken over (and without JavaScript) UTC. */
export function useTimeZone(): string {
  return useSyncExternalStore(
    never,
    () => Intl.DateTimeFormat().resolvedOptions().timeZone,
    () => "UTC",
  );
}
