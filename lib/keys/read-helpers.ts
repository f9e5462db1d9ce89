import { and, desc, eq, isNull } from "drizzle-orm";
import type { Reader } from "@/db/client";
import { apiKeys, keyHelpers } from "@/db/schema/keys";
import { requireSight } from "@/lib/access/require-sight";
import type { Viewer } from "@/lib/access/viewer";

export type HelperView = {
  id: string;
  name: string;
  lastFour: string;
  key: { id: string; name: string };
  createdAt: string;
  /** When it last fetched a key. */
  lastUsedAt: string | null;
};

/** Those that are not revoked, newest first. */
export async function listHelpers(reader: Reader, viewer: Viewer, input: { userId: string; keyId?: string }): Promise<HelperView[]> {
  requireSight(viewer, input.userId);
  const rows = await reader
    .select({ helper: keyHelpers, keyName: apiKeys.name })
    .from(keyHelpers)
    .innerJoin(apiKeys, eq(apiKeys.id, keyHelpers.keyId))
    .where(
      and(
        eq(keyHelpers.userId, input.userId),
        isNull(keyHelpers.revokedAt),
        isNull(apiKeys.revokedAt),
        input.keyId === undefined ? undefined : eq(keyHelpers.keyId, input.keyId),
      ),
    )
    .orderBy(desc(keyHelpers.createdAt), desc(keyHelpers.id));
  return rows.map(({ helper, keyName }) => ({
    id: helper.id,
    name: helper.name,
    lastFour: helper.lastFour,
    key: { id: helper.keyId, name: keyName },
    createdAt: helper.createdAt.toISOString(),
    lastUsedAt: helper.lastUsedAt?.toISOString() ?? null,
  }));
}
