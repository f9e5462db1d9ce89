/** Places that the calendar goes on calling by a name that they had. Both names mean the same zone everywhere. */
const RENAMED: Readonly<Record<string, string>> = {
  "America/Godthab": "America/Nuuk",
  "Asia/Calcutta": "Asia/Kolkata",
  "Asia/Katmandu": "Asia/Kathmandu",
  "Asia/Rangoon": "Asia/Yangon",
  "Asia/Saigon": "Asia/Ho_Chi_Minh",
  "Atlantic/Faeroe": "Atlantic/Faroe",
  "Europe/Kiev": "Europe/Kyiv",
  "Pacific/Ponape": "Pacific/Pohnpei",
  "Pacific/Truk": "Pacific/Chuuk",
};

/** The name under which people choose it, for one that the calendar gives. */
export function zoneName(zone: string): string {
  return RENAMED[zone] ?? zone;
}

/** Every IANA zone to choose from, by the name that its people know. */
export function timeZones(): string[] {
  const names = Intl.supportedValuesOf("timeZone").map(zoneName);
  return ["UTC", ...[...new Set(names)].filter((name) => name !== "UTC").toSorted()];
}
