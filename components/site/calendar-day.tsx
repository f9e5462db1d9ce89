const FORMAT = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", day: "numeric", month: "long", year: "numeric" });

/** A day as such, like 2026-11-21: in no zone, so the same for everyone. */
export function CalendarDay({ day }: { day: string }) {
  return <time dateTime={day}>{FORMAT.format(new Date(`${day}T00:00:00Z`))}</time>;
}
