import { AppError } from "@/lib/errors/app-error";

/* Days of a zone as text, `2026-11-20`. They are counted in UTC: they stand for days of the calendar, and UTC has none that is longer. */

const DAY_MS = 86_400_000;

/** IANA names only: of an offset such as +02:00 Postgres reads the sign the other way round. */
export function checkTimeZone(timeZone: string): string {
  try {
    if (/^[A-Za-z]/.test(timeZone)) return new Intl.DateTimeFormat("en", { timeZone }).resolvedOptions().timeZone;
  } catch {
    // Not known: the same answer as for a wrong form.
  }
  throw new AppError("request_invalid", `"${timeZone}" is not a time zone. Use an IANA name such as Europe/Berlin.`, { param: "tz" });
}

export function checkDay(text: string, param: string): string {
  // Date.parse rolls 31 February over; the round trip notices.
  if (/^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)) && shiftDay(text, 0) === text && text >= "2000") return text;
  throw new AppError("request_invalid", `${param} must be a day such as 2026-11-20.`, { param });
}

export function shiftDay(day: string, days: number): string {
  return new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);
}

/** Both ends counted. */
export function countDays({ from, to }: { from: string; to: string }): number {
  return (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;
}

export function dayInZone(instant: Date, timeZone: string): string {
  return daysIn(timeZone)(instant);
}

/** For many instants of one zone: a formatter takes a thousand times as long to make as to use. */
export function daysIn(timeZone: string): (instant: Date) => string {
  const format = new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" });
  return (instant) => {
    const parts = format.formatToParts(instant);
    const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((found) => found.type === type)?.value ?? "";
    return `${part("year")}-${part("month")}-${part("day")}`;
  };
}
