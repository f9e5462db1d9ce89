import { parse } from "papaparse";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ledgerEntries } from "@/db/schema/ledger";
import { withTransaction } from "@/db/transaction";
import { microUsd, parseUsd, toUsdString } from "@/lib/money/micro-usd";
import { adjustWallet } from "@/lib/wallet/adjust-wallet";
import { exportLedger } from "@/lib/wallet/export-ledger";
import { type LedgerLine, type LedgerPage, listHolds, listLedger } from "@/lib/wallet/read-ledger";
import { settleRequests } from "@/lib/wallet/settle-requests";
import { OPERATOR, testCustomer, type TestCustomer } from "@/tests/factories/customer";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";
import { testPrice, testProvider } from "@/tests/factories/provider";
import { chargeTestRequest, placeTestHold, type TestTrade } from "@/tests/factories/request";

let db: TestDatabase;
let ada: TestCustomer;
let bob: TestCustomer;
let trade: TestTrade;
let running: string;

beforeAll(async () => {
  db = await testDatabase();
  [ada, bob] = [await testCustomer(db.orm, { creditUsd: "10" }), await testCustomer(db.orm, { creditUsd: "10" })];
  trade = { customer: ada, providerId: await testProvider(db.orm), priceId: (await testPrice(db.orm, "gpt-5.5")).id };
  for (let at = 0; at < 23; at++) {
    // Every fifth costs all that was held for it, so that nothing comes back.
    const amount = BigInt(10_000 + at);
    await chargeTestRequest(db, { ...trade, amount, cost: at % 5 === 0 ? amount : BigInt(at * 13) });
  }
  await adjust("-0.5", "=taken back");
  await adjust("2", "A gift");
  const { requestId, holdId } = await placeTestHold(db, { ...trade, amount: 5_000n });
  await settleRequests(db.sql, [
    {
      requestId,
      keyId: ada.keyId,
      userId: ada.userId,
      processId: "proc_test",
      holds: [{ id: holdId, kind: "void", cost: microUsd(0n), providerCost: microUsd(0n), estimated: false }],
      request: null,
      attempts: [],
    },
  ]);
  running = (await placeTestHold(db, { ...trade, amount: 7_000n })).requestId;
  await chargeTestRequest(db, { ...trade, customer: bob, amount: 100n, cost: 50n });
});
afterAll(() => db.close());

function adjust(usd: string, note: string) {
  return withTransaction(db.orm, (tx) => adjustWallet(tx, { userId: ada.userId, amount: parseUsd(usd), note, actor: OPERATOR }));
}

async function all(withHolds: boolean, limit = 7): Promise<LedgerLine[]> {
  const lines: LedgerLine[] = [];
  let before: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof listLedger>> = await listLedger(db.sql, ada.viewer, {
      userId: ada.userId,
      limit,
      before,
      withHolds,
    });
    lines.push(...page.lines);
    before = page.nextCursor;
  } while (before !== null);
  return lines;
}

test("every line's balance is the sum of the entries up to it, over all pages", async () => {
  for (const withHolds of [false, true]) {
    const lines = await all(withHolds);
    let balance = 0n;
    for (const line of lines.toReversed()) {
      balance += parseUsd(line.amountUsd);
      expect(parseUsd(line.amountUsd)).toBe(parseUsd(line.availableUsd) + parseUsd(line.heldUsd));
      expect(line.balanceUsd).toBe(toUsdString(microUsd(balance)));
    }
    const entries = await db.orm.select().from(ledgerEntries);
    const own = entries.filter(({ accountId }) => accountId.endsWith(`:${ada.userId}`));
    expect(balance).toBe(own.reduce((sum, { amount }) => sum + amount, 0n));
    const transfers = new Set(own.map(({ transferId }) => transferId)).size;
    expect(lines.length === transfers).toBe(withHolds);
  }
});

test("without holds it tells what was spent and given, with the request's log and the public note", async () => {
  const lines = await all(false);
  expect(lines.filter(({ kind }) => kind === "adjustment").map(({ note, amountUsd }) => [note, amountUsd])).toEqual([
    ["A gift", "2.000000"],
    ["=taken back", "-0.500000"],
    [expect.any(String), "10.000000"],
  ]);
  const spent = lines.filter(({ kind }) => kind === "settle");
  expect(spent).toHaveLength(23);
  expect(spent.every(({ isLogged, model, note }) => isLogged && model === "gpt-5.5" && note === null)).toBe(true);
  expect(lines.some(({ kind }) => kind === "hold" || kind === "void")).toBe(false);
});

test("what is spent while somebody turns pages changes no balance on the older ones", async () => {
  const first = await listLedger(db.sql, ada.viewer, { userId: ada.userId, limit: 5 });
  const second = () => listLedger(db.sql, ada.viewer, { userId: ada.userId, limit: 5, before: first.nextCursor });
  const before = await second();
  await chargeTestRequest(db, { ...trade, amount: 900n, cost: 800n });
  expect(await second()).toEqual(before);
});

test("what is held names the requests that run", async () => {
  expect(await listHolds(db.sql, ada.viewer, { userId: ada.userId })).toMatchObject([
    { requestId: running, model: "gpt-5.5", keyName: "First key", amountUsd: "0.007000" },
  ]);
});

async function exported(withHolds: boolean): Promise<Record<string, string>[]> {
  let text = "";
  for await (const part of exportLedger(db.sql, ada.viewer, { userId: ada.userId, withHolds })) text += part;
  const { data, errors } = parse<Record<string, string>>(text.trimEnd(), { header: true });
  expect(errors).toEqual([]);
  return data;
}

test("whatever of an export can be summed up comes to what is in the wallet", async () => {
  const [wallet] = await db.sql<{ available: string; held: string }[]>`
    select available::text, held::text from wallets where user_id = ${ada.userId}`;
  const [available, held] = [BigInt(wallet?.available ?? "0"), BigInt(wallet?.held ?? "0")];
  expect(held).toBeGreaterThan(0n);
  const sum = (lines: readonly Record<string, string>[], column: string) =>
    lines.reduce((total, line) => total + parseUsd(line[column] ?? ""), 0n);
  const [plain, withHolds] = [await exported(false), await exported(true)];
  for (const lines of [plain, withHolds]) {
    expect(sum(lines, "amount_usd")).toBe(available + held);
    expect(parseUsd(lines[0]?.["balance_usd"] ?? "")).toBe(available + held);
  }
  expect([sum(withHolds, "available_change_usd"), sum(withHolds, "held_change_usd")]).toEqual([available, held]);
  expect(Object.keys(plain[0] ?? {}).filter((name) => name.endsWith("_change_usd"))).toEqual([]);
});

test("an export holds every line; amounts stay numbers, and no note is a formula", async () => {
  const data = await exported(true);
  const lines = await all(true, 500);
  expect(data.map(({ id, amount_usd, balance_usd }) => [id, amount_usd, balance_usd])).toEqual(
    lines.map(({ id, amountUsd, balanceUsd }) => [id, amountUsd, balanceUsd]),
  );
  expect(data.map(({ note }) => note)).toContain("'=taken back");
  expect(data.some(({ amount_usd }) => amount_usd?.startsWith("-"))).toBe(true);
});

test.each(["nonsense", Buffer.from("1 2; drop").toString("base64url")])("%s is no cursor", async (before) => {
  await expect(listLedger(db.sql, ada.viewer, { userId: ada.userId, limit: 5, before })).rejects.toMatchObject({ param: "before" });
});

test("somebody else's ledger does not exist", async () => {
  await expect(listLedger(db.sql, bob.viewer, { userId: ada.userId, limit: 5 })).rejects.toMatchObject({ code: "not_found" });
  await expect(listHolds(db.sql, bob.viewer, { userId: ada.userId })).rejects.toMatchObject({ code: "not_found" });
  expect((await listLedger(db.sql, bob.viewer, { userId: bob.userId, limit: 50 })).lines).toHaveLength(2);
});

test("behind very many requests that cost nothing the next line is found, in pages that may be short, and the balance stays right", async () => {
  const carl = await testCustomer(db.orm, { creditUsd: "3" });
  const { userId, keyId, viewer } = carl;
  await chargeTestRequest(db, { ...trade, customer: carl, amount: 100n, cost: 40n });
  const voided = 3_000;
  await db.sql`
    insert into holds (id, request_id, attempt_no, user_id, key_id, lane_id, provider_id, price_id, amount, input_amount, state, cost, process_id, context)
    select 'hold_v' || n, 'req_v' || n, 1, ${userId}, ${keyId}, ${carl.walletLaneId}, ${trade.providerId}, ${trade.priceId}, 7, 1, 'voided', 0, 'proc_test', '{}'
    from generate_series(1, ${voided}) n`;
  await db.sql`
    insert into transfers (id, kind, user_id, hold_id, request_id, actor)
    select 'tr_v' || n || '_' || kind, kind, ${userId}, 'hold_v' || n, 'req_v' || n, 'proc_test'
    from generate_series(1, ${voided}) n, (values ('hold'), ('void')) as moved(kind)`;
  await db.sql`
    insert into ledger_entries (transfer_id, account_id, amount)
    select 'tr_v' || n || '_' || kind, account || ${userId}, amount
    from generate_series(1, ${voided}) n, (values (1, 'hold', 'available:', -7), (2, 'hold', 'held:', 7), (3, 'void', 'held:', -7),
      (4, 'void', 'available:', 7)) as entry(at, kind, account, amount) order by n, at`;
  await chargeTestRequest(db, { ...trade, customer: carl, amount: 100n, cost: 60n });

  const pages: LedgerPage[] = [];
  for (let before: string | null = null; pages.length < 100; before = pages.at(-1)!.nextCursor) {
    pages.push(await listLedger(db.sql, viewer, { userId, limit: 1, before }));
    if (pages.at(-1)!.nextCursor === null) break;
  }
  expect(pages.flatMap(({ lines }) => lines.map(({ amountUsd, balanceUsd }) => [amountUsd, balanceUsd]))).toEqual([
    ["-0.000060", "2.999900"],
    ["-0.000040", "2.999960"],
    ["3.000000", "3.000000"],
  ]);
  expect(pages.length).toBeLessThan(12);
  expect((await listLedger(db.sql, viewer, { userId, limit: 500 })).lines).toHaveLength(3);
});
