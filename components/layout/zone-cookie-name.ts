/** What the browser's own time zone is, for screens whose days are counted on the server. */
export const ZONE_COOKIE = "tz";
