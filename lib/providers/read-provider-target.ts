import type { Sealer } from "@/lib/crypto/sealer";
import type { ProviderRow } from "@/lib/providers/find-provider";
import type { ProviderTarget } from "@/lib/providers/provider-target";

/** Opens the sealed key. */
export function readProviderTarget(provider: ProviderRow, sealer: Sealer): ProviderTarget {
  return {
    baseUrl: provider.baseUrl,
    authStyle: provider.authStyle,
    apiVersion: provider.apiVersion,
    secret: sealer.open(provider.sealedKey, provider.sealKeyId, provider.id),
  };
}
