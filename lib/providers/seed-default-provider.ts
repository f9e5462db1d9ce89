import { eq } from "drizzle-orm";
import type { Dispatcher } from "undici";
import type { Orm, Tx } from "@/db/client";
import { providers } from "@/db/schema/providers";
import { withTransaction } from "@/db/transaction";
import { closeAlarm } from "@/lib/audit/close-alarm";
import { recordAudit } from "@/lib/audit/record-audit";
import type { Sealer } from "@/lib/crypto/sealer";
import { addProvider } from "@/lib/providers/add-provider";
import { checkUpstream } from "@/lib/providers/check-upstream";
import { findProvider, type ProviderRow } from "@/lib/providers/find-provider";
import { probeProvider, type ProbeResult } from "@/lib/providers/probe-provider";
import type { ProviderTarget } from "@/lib/providers/provider-target";
import { listCurrentPrices } from "@/lib/providers/read-prices";
import { readProviderTarget } from "@/lib/providers/read-provider-target";
import { PROBE_FAILED, recordProbe } from "@/lib/providers/record-probe";
import { selectProvider } from "@/lib/providers/select-provider";
import type { Clock } from "@/lib/time/clock";

export const DEFAULT_PROVIDER = "default";
const ACTOR = { kind: "system", process: "start" } as const;

export type DefaultProvider = {
  orm: Orm;
  sealer: Sealer;
  dispatcher: Dispatcher;
  clock: Clock;
  baseUrl: string;
  secret: string;
  /** Whether it is the simulator. */
  simulated: boolean;
  allow: readonly string[];
};

/**
 * Makes the provider named `default` what the settings say, probes it when that is new, and selects it if none is selected.
 * A change that does not pass its probe leaves the row as it was. Opens its own transactions: the probe goes over the
 * network and may not run inside one.
 */
export async function seedDefaultProvider(input: DefaultProvider): Promise<ProbeResult> {
  const existing = await findProvider(input.orm, DEFAULT_PROVIDER);
  const { baseUrl, secret, simulated } = await checkUpstream(input.orm, input);
  const target: ProviderTarget = { baseUrl, secret, authStyle: "bearer", apiVersion: null };
  const isCurrent = existing !== null && isSame(existing, target, input.sealer);
  if (isCurrent && existing.probeState === "passed" && !existing.trippedAt) {
    await withTransaction(input.orm, async (tx) => {
      await selectIfNone(tx, existing.id);
      // Of another address or key, which the settings name no more.
      await closeAlarm(tx, { kind: PROBE_FAILED, subject: DEFAULT_PROVIDER, clock: input.clock });
    });
    return { passed: true, detail: existing.probeDetail ?? "" };
  }
  const prices = await listCurrentPrices(input.orm);
  const models = prices.map((price) => price.model);
  const result = await probeProvider({ target, models, dispatcher: input.dispatcher, simulated });
  if (existing !== null && !isCurrent && !result.passed) return result;
  await withTransaction(input.orm, async (tx) => {
    const providerId = existing?.id ?? (await addProvider(tx, { ...input, ...target, name: DEFAULT_PROVIDER, actor: ACTOR })).id;
    if (existing !== null && !isCurrent) await replaceTarget(tx, { providerId, target, sealer: input.sealer });
    await recordProbe(tx, { providerId, result, actor: ACTOR, clock: input.clock });
    if (result.passed) await selectIfNone(tx, providerId);
  });
  return result;
}

function isSame(provider: ProviderRow, target: ProviderTarget, sealer: Sealer): boolean {
  const now = readProviderTarget(provider, sealer);
  return now.baseUrl === target.baseUrl && now.secret === target.secret;
}

async function replaceTarget(tx: Tx, input: { providerId: string; target: ProviderTarget; sealer: Sealer }): Promise<void> {
  const { sealed, keyId } = input.sealer.seal(input.target.secret, input.providerId);
  const { baseUrl } = input.target;
  await tx.update(providers).set({ baseUrl, sealedKey: sealed, sealKeyId: keyId }).where(eq(providers.id, input.providerId));
  await recordAudit(tx, {
    actor: ACTOR,
    action: "provider.change",
    subject: input.providerId,
    after: { baseUrl, keyLastFour: input.target.secret.slice(-4) },
  });
}

async function selectIfNone(tx: Tx, providerId: string): Promise<void> {
  const selected = await tx.select({ id: providers.id }).from(providers).where(eq(providers.selected, true));
  if (selected.length === 0) await selectProvider(tx, { providerId, actor: ACTOR });
}
