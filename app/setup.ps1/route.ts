import { plainScript } from "@/app/_server/plain-script";
import { setupTarget } from "@/app/_server/setup-target";
import { setupScriptPowershell } from "@/lib/codex/setup-script-powershell";

/** Made for this installation when it is asked for: the settings are not there when the screens are built. */
export const dynamic = "force-dynamic";

export function GET(): Response {
  return plainScript(setupScriptPowershell(setupTarget()));
}
