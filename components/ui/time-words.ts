const MINUTE_S = 60;
const HOUR_S = 60 * MINUTE_S;
const DAY_S = 24 * HOUR_S;

/** `2 h 14 m`, `3 d 4 h`, `5 m`, `40 s`: the two biggest units; null when it is over. */
export function durationWords(ms: number): string | null {
  const seconds = Math.ceil(ms / 1000);
  if (seconds <= 0) return null;
  if (seconds < MINUTE_S) return `${seconds} s`;
  const [big, small, names] =
    seconds >= DAY_S ? [DAY_S, HOUR_S, ["d", "h"]] : seconds >= HOUR_S ? [HOUR_S, MINUTE_S, ["h", "m"]] : [MINUTE_S, null, ["m"]];
  const rest = small === null ? 0 : Math.floor((seconds % big) / small);
  return `${Math.floor(seconds / big)} ${names[0]}${rest > 0 ? ` ${rest} ${names[1]}` : ""}`;
}

/** `14:02`: minutes and seconds that are left of a short time. */
export function countdownWords(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  return `${Math.floor(seconds / MINUTE_S)}:${String(seconds % MINUTE_S).padStart(2, "0")}`;
}

/** `18:40` on the same day of the zone, else `Mon 23 Nov, 18:40`. */
export function clockWords(instant: Date, now: Date | null, timeZone: string): string {
  const part = partsOf(instant, timeZone);
  const time = `${part("hour")}:${part("minute")}`;
  const today = now && partsOf(now, timeZone);
  const isToday = today && (["year", "month", "day"] as const).every((type) => today(type) === part(type));
  return isToday ? time : `${part("weekday")} ${Number(part("day"))} ${part("month")}, ${time}`;
}

/** `GMT+5:30`, `CET`: the zone as it is named at that instant. */
export function zoneWords(instant: Date, timeZone: string): string {
  const parts = new Intl.DateTimeFormat("en-GB", { timeZone, timeZoneName: "short" }).formatToParts(instant);
  return parts.find(({ type }) => type === "timeZoneName")?.value ?? timeZone;
}

/** In parts: Node and browsers join them differently. */
function partsOf(instant: Date, timeZone: string): (type: Intl.DateTimeFormatPartTypes) => string {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone,
    weekday: "short",
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).formatToParts(instant);
  return (type) => parts.find((found) => found.type === type)?.value ?? "";
}
