/** A zone by its IANA name, as the calendar writes it; null: it knows no such zone. Only such a name reaches a query. */
export function knownTimeZone(name: string | null | undefined): string | null {
  if (!name || !/^[A-Za-z][\w+/-]{0,63}$/.test(name)) return null;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    return null;
  }
}
