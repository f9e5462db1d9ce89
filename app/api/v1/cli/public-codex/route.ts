import { setupTarget } from "@/app/_server/setup-target";
import { publicCodexConfig } from "@/lib/codex/public-config";

/** The settings are not there when the screens are built. */
export const dynamic = "force-dynamic";

const FRESH_S = 300;

/** For programs that configure Codex, on whatever page they run: nothing in it is secret or anybody's own. */
export function GET(): Response {
  return Response.json(publicCodexConfig(setupTarget()), {
    headers: { "cache-control": `public, max-age=${FRESH_S}`, "access-control-allow-origin": "*" },
  });
}
