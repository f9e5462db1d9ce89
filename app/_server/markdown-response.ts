const FRESH_S = 300;

export function markdownResponse(text: string): Response {
  return new Response(text, { headers: { "content-type": "text/markdown; charset=utf-8", "cache-control": `public, max-age=${FRESH_S}` } });
}
