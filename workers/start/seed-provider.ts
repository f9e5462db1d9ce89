import type { Orm } from "@/db/client";
import { withTransaction } from "@/db/transaction";
import { parseMasterKeys } from "@/lib/crypto/master-keys";
import { createSealer } from "@/lib/crypto/sealer";
import { guardedAgent } from "@/lib/http/guarded-agent";
import { seedDefaultProvider } from "@/lib/providers/seed-default-provider";
import { seedPrices } from "@/lib/providers/seed-prices";
import { systemClock } from "@/lib/time/clock";

export type FirstUpstream = { baseUrl: string; secret: string; simulated: boolean };

/**
 * Fills the price book and makes the provider named `default` what the settings say. A provider that does not pass its probe
 * is told and not fatal: the product runs, and its wallet lanes wait for the operator.
 */
export async function seedProvider(input: {
  orm: Orm;
  masterKey: string;
  upstream: FirstUpstream | null;
  allow: readonly string[];
  log: (line: string) => void;
}): Promise<void> {
  const { orm, upstream, allow, log } = input;
  await withTransaction(orm, (tx) => seedPrices(tx, { actor: { kind: "system", process: "start" } }));
  if (upstream === null) return;
  const dispatcher = guardedAgent({ allow });
  const sealer = createSealer(parseMasterKeys(input.masterKey));
  try {
    const probe = await seedDefaultProvider({ orm, sealer, dispatcher, clock: systemClock, allow, ...upstream });
    if (!probe.passed) {
      log(`the provider at ${upstream.baseUrl} did not pass its probe: ${probe.detail}`);
      log("wallet lanes stay closed until it does: npm run --silent admin -- provider probe --name default");
    }
  } finally {
    await dispatcher.close();
  }
}
