import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "@/tests/factories/eventually";
import { retryParkedSettlements } from "@/lib/wallet/retry-parked-settlements";
import type { TestCustomer } from "@/tests/factories/customer";
import { sendWhole, usageIn } from "@/tests/factories/exchange";
import { alarmsOf, costOf, logOf, MODEL, testGateway, walletCustomer, walletOf, type TestGateway } from "@/tests/factories/gateway";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await testGateway({ timings: { settleWaitMs: 30_000 } });
});
afterAll(() => gateway.close());

const CREDIT = 20_000_000n;
const body = { model: MODEL, input: "say: settled once, in the end", stream: true };

async function expectCharged(customer: TestCustomer): Promise<bigint> {
  const [row, ...more] = await logOf(gateway.database, customer);
  expect([row?.outcome, ...more]).toEqual(["completed"]);
  const cost = row?.cost ?? 0n;
  expect(await walletOf(gateway.database, customer)).toEqual({ available: CREDIT - cost, held: 0n });
  return cost;
}

test("one poison settlement among 64 is parked with its hold and an alarm while all the others commit, and settles when the cause is gone", async () => {
  const { sql } = gateway.database;
  const { control } = gateway.simulator;
  const customers = await Promise.all(Array.from({ length: 64 }, () => walletCustomer(gateway)));
  const poisoned = customers[40] as TestCustomer;
  control.always({ gate: "before_headers" });
  const running = customers.map((customer) => sendWhole(gateway.url, customer, { body }));
  await control.until((counts) => counts.held === 64);
  await sql.unsafe(`
    create function poison() returns trigger language plpgsql as $$ begin
      if new.kind = 'settle' and new.user_id = '${poisoned.userId}' then raise exception 'poisoned' using errcode = 'check_violation'; end if;
      return new;
    end $$;
    create trigger poison before insert on transfers for each row execute function poison();`);
  await sql.begin(async (tx) => {
    // All of them wait to be settled, and become groups.
    await tx`lock table transfers in share mode`;
    control.always(null);
    control.release();
    await control.until((counts) => counts.held === 0);
    await eventually(async () => {
      const waiting = await gateway.database
        .sql`select 1 from pg_locks l join pg_class c on c.oid = l.relation where c.relname = 'transfers' and not l.granted`;
      expect(waiting.length).toBeGreaterThan(0);
    });
  });
  const answers = await Promise.all(running);
  for (const [index, customer] of customers.entries()) {
    expect(answers[index]?.events().at(-1)).toMatchObject({ type: "response.completed" });
    if (customer !== poisoned) await expectCharged(customer);
  }
  const cost = costOf("responses", usageIn(answers[40] as (typeof answers)[number]));
  const { available, held } = await walletOf(gateway.database, poisoned);
  expect(held).toBeGreaterThan(cost);
  expect(available + held).toBe(CREDIT);
  expect(await alarmsOf(gateway.database, "settlement_parked")).toMatchObject([{ detail: expect.stringContaining("poisoned") as string }]);

  // Its hold is safe from expiry, and a second try with the cause still there changes nothing.
  await sql`update processes set heartbeat_at = now() - interval '1 hour'`;
  await sql`update holds set placed_at = now() - interval '1 hour' where state = 'placed'`;
  expect(await sql`select expire_dead_holds(60, 86400, 100) as count`).toEqual([{ count: 0 }]);
  expect(await retryParkedSettlements(sql)).toEqual({ settled: 0, refused: 1 });
  await sql.unsafe("drop trigger poison on transfers; drop function poison()");
  expect(await retryParkedSettlements(sql)).toEqual({ settled: 1, refused: 0 });
  expect(await expectCharged(poisoned)).toBe(cost);
  expect(await alarmsOf(gateway.database, "settlement_parked")).toEqual([]);
  expect(await retryParkedSettlements(sql)).toEqual({ settled: 0, refused: 0 });
});
