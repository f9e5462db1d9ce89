import { eq } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { providers } from "@/db/schema/providers";
import type { Actor } from "@/lib/access/viewer";
import { closeAlarm } from "@/lib/audit/close-alarm";
import { recordAudit } from "@/lib/audit/record-audit";
import { AppError } from "@/lib/errors/app-error";
import type { ProbeResult } from "@/lib/providers/probe-provider";
import type { Clock } from "@/lib/time/clock";

/** Alarm of a provider, by its name, that did not pass its probe when the product started. */
export const PROBE_FAILED = "provider_probe_failed";

/**
 * A passed probe also lifts a trip. A failed one of the selected provider is noted and does not take it out of service: only
 * its own answers to customers (the trip), or another selection, do that.
 */
export async function recordProbe(tx: Tx, input: { providerId: string; result: ProbeResult; actor: Actor; clock: Clock }): Promise<void> {
  const { passed, detail } = input.result;
  const [provider] = await tx.select().from(providers).where(eq(providers.id, input.providerId)).for("update");
  if (!provider || provider.removedAt) throw new AppError("not_found", `There is no provider ${input.providerId}.`);
  const probeState = passed ? "passed" : provider.selected ? provider.probeState : "failed";
  await tx
    .update(providers)
    .set({
      probeState,
      probeDetail: detail,
      probedAt: input.clock.now(),
      ...(passed ? { usageMissingCount: 0, trippedAt: null } : {}),
    })
    .where(eq(providers.id, provider.id));
  if (passed) await closeAlarm(tx, { kind: PROBE_FAILED, subject: provider.name, clock: input.clock });
  await recordAudit(tx, {
    actor: input.actor,
    action: "provider.probe",
    subject: provider.id,
    before: { probeState: provider.probeState, tripped: provider.trippedAt !== null },
    after: { probeState, passed, detail },
  });
}
