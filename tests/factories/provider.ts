import { randomUUID } from "node:crypto";
import type { Orm } from "@/db/client";
import { withTransaction } from "@/db/transaction";
import { parseMasterKeys } from "@/lib/crypto/master-keys";
import { createSealer } from "@/lib/crypto/sealer";
import { microUsd, rate } from "@/lib/money/micro-usd";
import type { Price, Rates } from "@/lib/pricing/price-type";
import { addProvider } from "@/lib/providers/add-provider";
import { recordProbe } from "@/lib/providers/record-probe";
import { setPrice } from "@/lib/providers/set-price";
import { stampDatabase } from "@/lib/settings/database-mode";
import { systemClock } from "@/lib/time/clock";
import { OPERATOR } from "@/tests/factories/customer";

export const TEST_MASTER_KEY = "a master key for tests and for nothing else";
export const testSealer = createSealer(parseMasterKeys(TEST_MASTER_KEY));

/** A provider that has passed its probe, in a live database. */
export async function testProvider(orm: Orm, options: { baseUrl?: string; name?: string; probed?: boolean } = {}): Promise<string> {
  const baseUrl = options.baseUrl ?? "https://api.openai.com/v1";
  return withTransaction(orm, async (tx) => {
    await stampDatabase(tx, "live");
    const { id } = await addProvider(tx, {
      name: options.name ?? `provider-${randomUUID().slice(0, 8)}`,
      baseUrl,
      authStyle: "bearer",
      apiVersion: null,
      secret: "sk-test-provider",
      simulated: false,
      allow: [new URL(baseUrl).host],
      sealer: testSealer,
      actor: OPERATOR,
    });
    if (options.probed === false) return id;
    const result = { passed: true, detail: "a factory said so" };
    await recordProbe(tx, { providerId: id, result, actor: OPERATOR, clock: systemClock });
    return id;
  });
}

/** $5 input, $0.50 cached, $5 cache write, $30 output per million tokens; $0.01 per web search. */
export const TEST_RATES: Rates = {
  input: rate(5_000_000n),
  cachedInput: rate(500_000n),
  cacheWrite: rate(5_000_000n),
  output: rate(30_000_000n),
  webSearchCall: microUsd(10_000n),
};

export async function testPrice(orm: Orm, model: string): Promise<Price> {
  const price = { model, sell: TEST_RATES, cost: TEST_RATES, outputTokensMax: 128_000, imageTokensMax: 12_000 };
  const { price: set } = await withTransaction(orm, (tx) => setPrice(tx, { price, actor: OPERATOR }));
  return set;
}
