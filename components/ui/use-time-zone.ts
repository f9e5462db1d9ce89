"use client";

import { createContext, useContext, useSyncExternalStore } from "react";

/** The zone that the viewer has chosen; null: as the browser says. */
export const TimeZoneContext = createContext<string | null>(null);

const never = () => () => {};

/** The viewer's: the one that they chose, else their browser's, which before it has taken over (and without JavaScript) is taken for UTC. */
export function useTimeZone(): string {
  const chosen = useContext(TimeZoneContext);
  const ofBrowser = useSyncExternalStore(
    never,
    () => Intl.DateTimeFormat().resolvedOptions().timeZone,
    () => "UTC",
  );
  return chosen ?? ofBrowser;
}
