const FRESH_S = 300;

/** Shown by browsers instead of downloaded: it is meant to be read first. */
export function plainScript(text: string): Response {
  return new Response(text, { headers: { "content-type": "text/plain; charset=utf-8", "cache-control": `public, max-age=${FRESH_S}` } });
}
