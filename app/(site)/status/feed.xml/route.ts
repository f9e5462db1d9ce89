import { readShownStatus } from "@/app/_server/read-shown-status";
import { runtime } from "@/lib/runtime/runtime";
import { statusFeed } from "@/lib/status/status-feed";

export const dynamic = "force-dynamic";

/** Feed readers come often, and nothing in it is younger than a round of probes. */
const CACHE_S = 60;

export async function GET(): Promise<Response> {
  const { config } = runtime();
  const { incidents, readAt } = await readShownStatus();
  const body = statusFeed({ brandName: config.brandName, publicUrl: config.publicUrl, incidents, readAt });
  return new Response(body, {
    headers: { "content-type": "application/rss+xml; charset=utf-8", "cache-control": `public, max-age=${CACHE_S}` },
  });
}
