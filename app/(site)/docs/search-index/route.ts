import { docsSections } from "@/app/(site)/docs/_parts/docs-markdown";

export const dynamic = "force-dynamic";

const FRESH_S = 300;

/** What the search in the browser looks through; asked for when somebody begins to search. */
export async function GET(): Promise<Response> {
  return Response.json(await docsSections(), { headers: { "cache-control": `public, max-age=${FRESH_S}` } });
}
