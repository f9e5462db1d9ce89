import { plainScript } from "@/app/_server/plain-script";
import { setupTarget } from "@/app/_server/setup-target";
import { setupScriptSh } from "@/lib/codex/setup-script-sh";

/** Made for this installation when it is asked for: the settings are not there when the screens are built. */
export const dynamic = "force-dynamic";

export function GET(): Response {
  return plainScript(setupScriptSh(setupTarget()));
}
