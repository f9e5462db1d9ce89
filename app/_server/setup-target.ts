import type { SetupTarget } from "@/lib/codex/setup-config";
import { runtime } from "@/lib/runtime/runtime";

export function setupTarget(): SetupTarget {
  const { brandName, providerId, keyEnvName, publicUrl } = runtime().config;
  return { brandName, providerId, keyEnvName, publicUrl };
}
