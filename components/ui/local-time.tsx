"use client";

import { useTimeZone } from "@/components/ui/use-time-zone";

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** In the viewer's zone, with the zone; before the browser has taken over (and without JavaScript) in UTC. */
export function LocalTime({ iso }: { iso: string }) {
  const zone = useTimeZone();
  return (
    <time dateTime={iso} title={iso} className="numeric whitespace-nowrap">
      {formatInstant(new Date(iso), zone)}
    </time>
  );
}

/** Put together from parts: Node and browsers join them differently. */
function formatInstant(instant: Date, timeZone: string): string {
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
    timeZoneName: "short",
  }).formatToParts(instant);
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((found) => found.type === type)?.value ?? "";
  const month = MONTHS[Number(part("month")) - 1];
  return `${Number(part("day"))} ${month} ${part("year")}, ${part("hour")}:${part("minute")}:${part("second")} ${part("timeZoneName")}`;
}
