import { createHash } from "node:crypto";
import { readApiDocument } from "@/app/_server/read-api-document";

/** The settings are not there when the screens are built. */
export const dynamic = "force-dynamic";

const FRESH_S = 300;

/** The description of the API, for tools on whatever page they run: nothing in it is secret. */
export async function GET(request: Request): Promise<Response> {
  const body = JSON.stringify(await readApiDocument());
  const etag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`;
  const headers = { etag, "cache-control": `public, max-age=${FRESH_S}`, "access-control-allow-origin": "*" };
  if (namesVersion(request.headers.get("if-none-match"), etag)) return new Response(null, { status: 304, headers });
  return new Response(body, { headers: { ...headers, "content-type": "application/json" } });
}

/** A proxy that packs the answer may have marked the tag as weak. */
function namesVersion(header: string | null, etag: string): boolean {
  const tags = (header ?? "").split(",").map((tag) => tag.trim().replace(/^W\//, ""));
  return tags.includes(etag) || tags.includes("*");
}
