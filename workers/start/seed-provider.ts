import type { Database } from "@/db/client";
import { withTransaction } from "@/db/transaction";
import { raiseAlarm } from "@/lib/audit/raise-alarm";
import { parseMasterKeys } from "@/lib/crypto/master-keys";
import { createSealer } from "@/lib/crypto/sealer";
import { guardedAgent } from "@/lib/http/guarded-agent";
import { PROBE_FAILED } from "@/lib/providers/record-probe";
import { DEFAULT_PROVIDER, seedDefaultProvider } from "@/lib/providers/seed-default-provider";
import { seedPrices } from "@/lib/providers/seed-prices";
import { systemClock } from "@/lib/time/clock";

export type FirstUpstream = { baseUrl: string; secret: string; simulated: boolean };

/**
 * Fills the price book and makes the provider named `default` what the settings say. A provider that does not pass its probe
 * is told and not fatal: the product runs, and its wallet lanes wait for the operator.
 */
export async function seedProvider(input: {
  database: Database;
  masterKey: string;
  upstream: FirstUpstream | null;
  allow: readonly string[];
  log: (line: string) => void;
  /** What the operator runs once the provider is mended. */
  probeCommand: string;
}): Promise<void> {
  const { upstream, allow, log } = input;
  const { orm, sql } = input.database;
  await withTransaction(orm, (tx) => seedPrices(tx, { actor: { kind: "system", process: "start" } }));
  if (upstream === null) return;
  const dispatcher = guardedAgent({ allow });
  const sealer = createSealer(parseMasterKeys(input.masterKey));
  try {
    const probe = await seedDefaultProvider({ orm, sealer, dispatcher, clock: systemClock, allow, ...upstream });
    if (!probe.passed) {
      log(`the provider at ${upstream.baseUrl} did not pass its probe: ${probe.detail}`);
      log(`wallet lanes stay closed until it does: ${input.probeCommand}`);
      await raiseAlarm(sql, { kind: PROBE_FAILED, subject: DEFAULT_PROVIDER, detail: probe.detail });
    }
  } finally {
    await dispatcher.close();
  }
}
