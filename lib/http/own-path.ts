const NOWHERE = "http://own.invalid";
/** With the query. */
const LENGTH_MAX = 1_000;

/**
 * A path of this site, as it may stand in a link of ours that somebody else has written: null for everything that leads, or that any
 * browser might take to lead, to another place. What Next adds for itself is taken off.
 */
export function ownPath(text: string | null | undefined): string | null {
  if (!text || text.length > LENGTH_MAX || !text.startsWith("/") || /[\\\p{Cc}]/u.test(text)) return null;
  if (!URL.canParse(text, NOWHERE)) return null;
  const url = new URL(text, NOWHERE);
  if (url.origin !== NOWHERE || url.pathname.startsWith("//")) return null;
  const added = [...url.searchParams.keys()].filter((name) => name.startsWith("_"));
  for (const name of added) url.searchParams.delete(name);
  return `${url.pathname}${url.search}`;
}

export function withReturnPath(path: string, to: string | null): string {
  return to === null ? path : `${path}?to=${encodeURIComponent(to)}`;
}
