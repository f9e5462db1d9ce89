import { eq } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { providers } from "@/db/schema/providers";
import type { Actor } from "@/lib/access/viewer";
import { recordAudit } from "@/lib/audit/record-audit";
import { AppError } from "@/lib/errors/app-error";
import type { Clock } from "@/lib/time/clock";

/** The row stays for the ledger that names it. */
export async function removeProvider(tx: Tx, input: { providerId: string; actor: Actor; clock: Clock }): Promise<void> {
  const [provider] = await tx.select().from(providers).where(eq(providers.id, input.providerId)).for("update");
  if (!provider || provider.removedAt) throw new AppError("not_found", `There is no provider ${input.providerId}.`);
  if (provider.selected) throw new AppError("conflict", `${provider.name} serves the wallets: select another provider first.`);
  await tx.update(providers).set({ removedAt: input.clock.now() }).where(eq(providers.id, provider.id));
  await recordAudit(tx, { actor: input.actor, action: "provider.remove", subject: provider.id, before: { name: provider.name } });
}
