import { asc, eq, isNull } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { providers } from "@/db/schema/providers";
import type { Actor } from "@/lib/access/viewer";
import { recordAudit } from "@/lib/audit/record-audit";
import { AppError } from "@/lib/errors/app-error";

/** Who answers for wallets from the next request on. Running requests stay where their hold was placed. */
export async function selectProvider(tx: Tx, input: { providerId: string; actor: Actor }): Promise<{ changed: boolean }> {
  // All rows in id order: two selections at once come one after the other.
  const all = await tx.select().from(providers).where(isNull(providers.removedAt)).orderBy(asc(providers.id)).for("update");
  const chosen = all.find((row) => row.id === input.providerId);
  if (!chosen) throw new AppError("not_found", `There is no provider ${input.providerId}.`);
  if (chosen.selected && !chosen.trippedAt) return { changed: false };
  if (chosen.probeState !== "passed" || chosen.trippedAt) {
    const reason = chosen.trippedAt
      ? "stopped reporting usage"
      : chosen.probeState === "failed"
        ? "failed its probe"
        : "has not been probed";
    throw new AppError("conflict", `${chosen.name} ${reason}: probe it, and select it when it has passed.`);
  }
  await tx.update(providers).set({ selected: false }).where(eq(providers.selected, true));
  await tx.update(providers).set({ selected: true }).where(eq(providers.id, chosen.id));
  await recordAudit(tx, {
    actor: input.actor,
    action: "provider.select",
    subject: chosen.id,
    before: { selected: all.find((row) => row.selected)?.id ?? null },
    after: { selected: chosen.id },
  });
  return { changed: true };
}
