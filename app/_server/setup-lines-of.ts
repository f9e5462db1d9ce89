import { setupLines, type SetupLines } from "@/lib/codex/setup-lines";
import type { ProcessConfig } from "@/lib/config/load-config";

export function setupLinesOf(config: ProcessConfig, apiKey: string | null): SetupLines {
  const { brandName, providerId, keyEnvName, publicUrl } = config;
  return setupLines({ brandName, providerId, keyEnvName, publicUrl, apiKey });
}
