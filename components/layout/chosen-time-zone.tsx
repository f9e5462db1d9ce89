"use client";

import type { ReactNode } from "react";
import { TimeZoneContext } from "@/components/ui/use-time-zone";

/** Every time under it is shown in the zone that the viewer has chosen; null: in their browser's. */
export function ChosenTimeZone({ zone, children }: { zone: string | null; children: ReactNode }) {
  return <TimeZoneContext value={zone}>{children}</TimeZoneContext>;
}
