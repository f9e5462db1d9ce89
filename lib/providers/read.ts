import { asc, isNull } from "drizzle-orm";
import type { Reader } from "@/db/client";
import { providers } from "@/db/schema/providers";
import { requireAdmin } from "@/lib/access/require-sight";
import type { Viewer } from "@/lib/access/viewer";
import type { AuthStyle } from "@/lib/providers/provider-target";

export type ProviderView = {
  id: string;
  name: string;
  baseUrl: string;
  authStyle: AuthStyle;
  apiVersion: string | null;
  simulated: boolean;
  /** Answers for the wallets. */
  selected: boolean;
  probeState: "unprobed" | "passed" | "failed";
  /** The provider's own answer to the last probe. */
  probeDetail: string | null;
  probedAt: string | null;
  /** Taken out of service because its answers stopped reporting usage. */
  trippedAt: string | null;
};

/** For admins; never with a key. */
export async function listProviders(reader: Reader, viewer: Viewer): Promise<ProviderView[]> {
  requireAdmin(viewer);
  const rows = await reader.select().from(providers).where(isNull(providers.removedAt)).orderBy(asc(providers.createdAt));
  return rows.map((provider) => ({
    id: provider.id,
    name: provider.name,
    baseUrl: provider.baseUrl,
    authStyle: provider.authStyle,
    apiVersion: provider.apiVersion,
    simulated: provider.simulated,
    selected: provider.selected,
    probeState: provider.probeState,
    probeDetail: provider.probeDetail,
    probedAt: provider.probedAt?.toISOString() ?? null,
    trippedAt: provider.trippedAt?.toISOString() ?? null,
  }));
}
