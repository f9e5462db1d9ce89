import { eq } from "drizzle-orm";
import { Agent } from "undici";
import { afterAll, beforeAll, expect, test } from "vitest";
import { prices, providers } from "@/db/schema/providers";
import { withTransaction } from "@/db/transaction";
import { rate } from "@/lib/money/micro-usd";
import { addProvider } from "@/lib/providers/add-provider";
import { requireProvider } from "@/lib/providers/find-provider";
import { probeProvider } from "@/lib/providers/probe-provider";
import { listProviders } from "@/lib/providers/read";
import { listCurrentPrices } from "@/lib/providers/read-prices";
import { readProviderTarget } from "@/lib/providers/read-provider-target";
import { recordProbe } from "@/lib/providers/record-probe";
import { removeProvider } from "@/lib/providers/remove-provider";
import { seedDefaultProvider } from "@/lib/providers/seed-default-provider";
import { seedPrices } from "@/lib/providers/seed-prices";
import { selectProvider } from "@/lib/providers/select-provider";
import { retirePrice, setPrice, type NewPrice } from "@/lib/providers/set-price";
import { readDatabaseMode, stampDatabase } from "@/lib/settings/database-mode";
import { systemClock } from "@/lib/time/clock";
import { OPERATOR, OPERATOR_VIEWER, testCustomer } from "@/tests/factories/customer";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";
import { testPrice, testProvider, testSealer, TEST_RATES } from "@/tests/factories/provider";
import { startOpenaiSimulator, type OpenaiSimulator } from "@/workers/simulator/openai/start-openai-simulator";

let database: TestDatabase;
let simulator: OpenaiSimulator;
const dispatcher = new Agent();
beforeAll(async () => {
  [database, simulator] = await Promise.all([testDatabase(), startOpenaiSimulator()]);
  await withTransaction(database.orm, (tx) => stampDatabase(tx, "live"));
});
afterAll(async () => {
  await dispatcher.close();
  await simulator.close();
  await database.close();
});

function target(secret = "sk-good") {
  return { baseUrl: `${simulator.url}/v1`, authStyle: "bearer", apiVersion: null, secret } as const;
}

function select(providerId: string) {
  return withTransaction(database.orm, (tx) => selectProvider(tx, { providerId, actor: OPERATOR }));
}

function record(providerId: string, passed: boolean) {
  const result = { passed, detail: "as planted" };
  return withTransaction(database.orm, (tx) => recordProbe(tx, { providerId, result, actor: OPERATOR, clock: systemClock }));
}

test("a probe passes when the provider streams an answer and reports its usage", async () => {
  const result = await probeProvider({ target: target(), models: ["no-such-model", "gpt-5.5"], dispatcher, simulated: true });
  expect(result.passed).toBe(true);
  expect(result.detail).toMatch(/^gpt-5\.5 streamed an answer and reported \d+ input and \d+ output tokens\.$/);
  expect(JSON.parse(String(simulator.requests.at(-1)?.body))).toMatchObject({ stream: true, store: false });
});

test("a probe fails on an answer without usage", async () => {
  simulator.control.next({ usage: "omit" });
  expect(await probeProvider({ target: target(), models: ["gpt-5.5"], dispatcher, simulated: true })).toEqual({
    passed: false,
    detail: "gpt-5.5 answered without saying how many tokens it used.",
  });
});

test("a probe fails on usage that says nothing was used", async () => {
  simulator.control.next({ usage: { input_tokens: 0, output_tokens: 0 } });
  expect((await probeProvider({ target: target(), models: ["gpt-5.5"], dispatcher, simulated: true })).passed).toBe(false);
});

test("a probe tells the provider's own refusal and tries no other model after it", async () => {
  const before = simulator.requests.length;
  const result = await probeProvider({ target: target("sk-bad-key"), models: ["gpt-5.5", "gpt-6-sol"], dispatcher, simulated: true });
  expect(result).toMatchObject({ passed: false, detail: expect.stringMatching(/^HTTP 401 for gpt-5\.5: /) as string });
  expect(result.detail).not.toContain("sk-bad-key");
  expect(simulator.requests.length - before).toBeLessThanOrEqual(1);
});

test("a probe of an address where nobody answers says so", async () => {
  const result = await probeProvider({
    target: { ...target(), baseUrl: "http://127.0.0.1:9/v1" },
    models: ["gpt-5.5"],
    dispatcher,
    simulated: true,
  });
  expect(result).toMatchObject({ passed: false, detail: expect.stringMatching(/^No answer from 127\.0\.0\.1:9: /) as string });
});

test("a live installation does not sell what a simulator answers: its probe fails and says why", async () => {
  const result = await probeProvider({ target: target(), models: ["gpt-5.5"], dispatcher, simulated: false });
  expect(result).toEqual({
    passed: false,
    detail: "The answer carries x-switchyard-simulated: a simulator made it, and this installation is live.",
  });
});

test("the first provider of a live installation is not the simulator, whatever it was said to be", async () => {
  const fresh = await testDatabase();
  try {
    await withTransaction(fresh.orm, async (tx) => {
      await stampDatabase(tx, "live");
      await seedPrices(tx, { actor: OPERATOR });
    });
    const allow = [new URL(simulator.url).host];
    const parts = { orm: fresh.orm, sealer: testSealer, dispatcher, clock: systemClock, allow };
    const result = await seedDefaultProvider({ ...parts, ...target(), simulated: false });
    expect(result).toMatchObject({ passed: false, detail: expect.stringContaining("x-switchyard-simulated") as string });
    expect(await listProviders(fresh.orm, OPERATOR_VIEWER)).toMatchObject([{ selected: false, probeState: "failed" }]);
  } finally {
    await fresh.close();
  }
});

test("an Azure provider gets its key in the header api-key and its api-version in the query", async () => {
  const azure = { ...target(), authStyle: "api_key", apiVersion: "2025-04-01-preview" } as const;
  expect((await probeProvider({ target: azure, models: ["gpt-5.5"], dispatcher, simulated: true })).passed).toBe(true);
  const seen = simulator.requests.at(-1);
  expect(seen?.headers["api-key"]).toBe("sk-good");
  expect(seen?.headers["authorization"]).toBeUndefined();
});

test("a provider serves wallets only after it has passed a probe", async () => {
  const id = await testProvider(database.orm, { probed: false });
  await expect(select(id)).rejects.toMatchObject({ code: "conflict", message: expect.stringContaining("has not been probed") as string });
  await record(id, false);
  await expect(select(id)).rejects.toMatchObject({ message: expect.stringContaining("failed its probe") as string });
  await record(id, true);
  expect(await select(id)).toEqual({ changed: true });
  expect(await select(id)).toEqual({ changed: false });
});

test("a selection replaces the one before it, whoever selects at the same time", async () => {
  const ids = await Promise.all(Array.from({ length: 5 }, () => testProvider(database.orm)));
  await Promise.all(ids.map(select));
  const selected = (await listProviders(database.orm, OPERATOR_VIEWER)).filter((provider) => provider.selected);
  expect(selected).toHaveLength(1);
  expect(ids).toContain(selected[0]?.id);
});

test("a tripped provider comes back only through a passed probe", async () => {
  const id = await testProvider(database.orm);
  await select(id);
  await database.orm.update(providers).set({ trippedAt: new Date(), usageMissingCount: 3 }).where(eq(providers.id, id));
  await expect(select(id)).rejects.toMatchObject({ message: expect.stringContaining("stopped reporting usage") as string });
  await record(id, true);
  const [row] = await database.orm.select().from(providers).where(eq(providers.id, id));
  expect(row).toMatchObject({ selected: true, trippedAt: null, usageMissingCount: 0 });
});

test("a failed probe of the selected provider is noted and takes nobody out of service", async () => {
  const id = await testProvider(database.orm);
  await select(id);
  await record(id, false);
  const [row] = await database.orm.select().from(providers).where(eq(providers.id, id));
  expect(row).toMatchObject({ selected: true, probeState: "passed", probeDetail: "as planted" });
});

test("the selected provider cannot be removed; another one is gone, and its name is free again", async () => {
  const [kept, gone] = [await testProvider(database.orm), await testProvider(database.orm, { name: "Spare" })];
  await select(kept);
  const remove = (providerId: string) =>
    withTransaction(database.orm, (tx) => removeProvider(tx, { providerId, actor: OPERATOR, clock: systemClock }));
  await expect(remove(kept)).rejects.toMatchObject({ code: "conflict" });
  await expect(testProvider(database.orm, { name: "sPARE" })).rejects.toMatchObject({ code: "conflict", param: "name" });
  await remove(gone);
  await expect(remove(gone)).rejects.toMatchObject({ code: "not_found" });
  await testProvider(database.orm, { name: "Spare" });
});

test("a provider's key is sealed to its row, and shown nowhere", async () => {
  const id = await testProvider(database.orm);
  const provider = await requireProvider(database.orm, id);
  expect(readProviderTarget(provider, testSealer).secret).toBe("sk-test-provider");
  const [text] = await database.sql<{ all: string }[]>`
    select (select string_agg(p::text, ' ') from providers p) || (select string_agg(a::text, ' ') from audit_log a) as all`;
  expect(text?.all).not.toContain("sk-test-provider");
  const customer = await testCustomer(database.orm);
  await expect(listProviders(database.orm, customer.viewer)).rejects.toMatchObject({ code: "not_found" });
});

test("a live database takes no simulated provider, and its stamp stays", async () => {
  const add = withTransaction(database.orm, (tx) =>
    addProvider(tx, {
      ...target(),
      name: "sim",
      simulated: true,
      allow: [new URL(simulator.url).host],
      sealer: testSealer,
      actor: OPERATOR,
    }),
  );
  await expect(add).rejects.toMatchObject({ code: "conflict" });
  expect(await withTransaction(database.orm, (tx) => stampDatabase(tx, "simulated"))).toBe("live");
});

test("a database that was never started takes no provider at all", async () => {
  const fresh = await testDatabase();
  try {
    expect(await readDatabaseMode(fresh.orm)).toBeNull();
    const add = withTransaction(fresh.orm, (tx) =>
      addProvider(tx, {
        ...target(),
        name: "early",
        simulated: false,
        allow: [new URL(simulator.url).host],
        sealer: testSealer,
        actor: OPERATOR,
      }),
    );
    await expect(add).rejects.toMatchObject({ code: "conflict" });
  } finally {
    await fresh.close();
  }
});

test("the default provider follows the settings: made, probed and selected once, changed only when the new one passes", async () => {
  const fresh = await testDatabase();
  const second = await startOpenaiSimulator();
  try {
    await withTransaction(fresh.orm, async (tx) => {
      await stampDatabase(tx, "simulated");
      await seedPrices(tx, { actor: OPERATOR });
    });
    const allow = [new URL(simulator.url).host, new URL(second.url).host];
    const seed = (baseUrl: string, secret: string) =>
      seedDefaultProvider({ orm: fresh.orm, sealer: testSealer, dispatcher, clock: systemClock, baseUrl, secret, simulated: true, allow });
    const current = async () => readProviderTarget(await requireProvider(fresh.orm, "default"), testSealer);

    expect((await seed(`${simulator.url}/v1`, "sk-one")).passed).toBe(true);
    const asked = simulator.requests.length;
    expect((await seed(`${simulator.url}/v1`, "sk-one")).passed).toBe(true);
    expect(simulator.requests.length).toBe(asked);

    expect((await seed(`${second.url}/v1`, "sk-bad-two")).passed).toBe(false);
    expect(await current()).toMatchObject({ baseUrl: `${simulator.url}/v1`, secret: "sk-one" });
    expect((await seed(`${second.url}/v1`, "sk-two")).passed).toBe(true);
    expect(await current()).toMatchObject({ baseUrl: `${second.url}/v1`, secret: "sk-two" });
    expect(await listProviders(fresh.orm, OPERATOR_VIEWER)).toMatchObject([
      { name: "default", selected: true, simulated: true, probeState: "passed" },
    ]);
    await expect(seed("https://api.openai.com/v1", "sk-live")).rejects.toMatchObject({ code: "conflict" });
  } finally {
    await second.close();
    await fresh.close();
  }
});

test("a first provider that fails its probe is kept for the operator to see, and serves nobody", async () => {
  const fresh = await testDatabase();
  try {
    await withTransaction(fresh.orm, async (tx) => {
      await stampDatabase(tx, "simulated");
      await seedPrices(tx, { actor: OPERATOR });
    });
    const allow = [new URL(simulator.url).host];
    const seed = (secret: string) =>
      seedDefaultProvider({
        orm: fresh.orm,
        sealer: testSealer,
        dispatcher,
        clock: systemClock,
        ...target(secret),
        simulated: true,
        allow,
      });
    expect((await seed("sk-bad")).passed).toBe(false);
    expect(await listProviders(fresh.orm, OPERATOR_VIEWER)).toMatchObject([{ name: "default", selected: false, probeState: "failed" }]);
    expect((await seed("sk-good")).passed).toBe(true);
    expect(await listProviders(fresh.orm, OPERATOR_VIEWER)).toMatchObject([{ name: "default", selected: true, probeState: "passed" }]);
  } finally {
    await fresh.close();
  }
});

const PRICE: NewPrice = { model: "gpt-test", sell: TEST_RATES, cost: TEST_RATES, outputTokensMax: 1000, imageTokensMax: 1000 };

function set(price: NewPrice) {
  return withTransaction(database.orm, (tx) => setPrice(tx, { price, actor: OPERATOR }));
}

test("a price is a new version of a row that is never changed; the same price again is none", async () => {
  const first = await set(PRICE);
  expect(first).toMatchObject({ changed: true, price: { version: 1 } });
  expect(await set(PRICE)).toMatchObject({ changed: false, price: { id: first.price.id } });
  const second = await set({ ...PRICE, sell: { ...TEST_RATES, output: rate(31_000_000n) } });
  expect(second.price.version).toBe(2);
  const current = (await listCurrentPrices(database.orm)).find((price) => price.model === "gpt-test");
  expect(current).toMatchObject({ version: 2, sell: { output: 31_000_000n }, cost: { output: 30_000_000n } });
});

test("people who set a price at once make versions one after the other", async () => {
  const outcomes = await Promise.all(
    Array.from({ length: 8 }, (_, index) => set({ ...PRICE, model: "gpt-busy", sell: { ...TEST_RATES, input: rate(BigInt(index)) } })),
  );
  expect(outcomes.map(({ price }) => price.version).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});

test("a retired model is not sold, until it has a price again", async () => {
  await testPrice(database.orm, "gpt-old");
  const retire = () => withTransaction(database.orm, (tx) => retirePrice(tx, { model: "gpt-old", actor: OPERATOR }));
  const isSold = async () => (await listCurrentPrices(database.orm)).some((price) => price.model === "gpt-old");
  expect(await retire()).toEqual({ changed: true });
  expect(await retire()).toEqual({ changed: false });
  expect(await isSold()).toBe(false);
  await testPrice(database.orm, "gpt-old");
  expect(await isSold()).toBe(true);
});

test.each<[string, Partial<NewPrice>]>([
  ["a negative rate", { sell: { ...TEST_RATES, input: rate(-1n) } }],
  ["web search without its cost", { cost: { ...TEST_RATES, webSearchCall: null } }],
  ["no output", { outputTokensMax: 0 }],
  ["a name that is none", { model: "two words" }],
])("a price with %s is refused", async (_name, change) => {
  await expect(set({ ...PRICE, ...change })).rejects.toMatchObject({ code: "request_invalid" });
});

test("the price book is seeded once and leaves the operator's own prices alone", async () => {
  const fresh = await testDatabase();
  try {
    const seed = () => withTransaction(fresh.orm, (tx) => seedPrices(tx, { actor: OPERATOR }));
    await testPrice(fresh.orm, "gpt-5.5");
    await withTransaction(fresh.orm, (tx) => retirePrice(tx, { model: "gpt-5.5", actor: OPERATOR }));
    await seed();
    const seeded = await fresh.orm.select().from(prices);
    await seed();
    expect(await fresh.orm.select().from(prices)).toHaveLength(seeded.length);
    const sold = await listCurrentPrices(fresh.orm);
    expect(sold).toHaveLength(11);
    expect(sold.find((price) => price.model === "gpt-6.1-sol")?.sell).toEqual({ ...TEST_RATES, webSearchCall: null });
    expect(sold.some((price) => price.model === "gpt-5.5")).toBe(false);
  } finally {
    await fresh.close();
  }
});
