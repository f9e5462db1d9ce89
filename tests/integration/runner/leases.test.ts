import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findRunner } from "@/lib/codex/find-runner";
import { recordContainer, recordRemoved } from "@/lib/codex/container-record";
import { releaseLease, renewLeases, takeLease } from "@/lib/codex/leases";
import { drainRunner, endRunner } from "@/lib/codex/runners";
import { testCustomer } from "@/tests/factories/customer";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";
import { runOutLeases, testAccount, testRunner, type TestRunner } from "@/tests/factories/runner";

const TTL_S = 30;
let database: TestDatabase;
let userId: string;

beforeAll(async () => {
  database = await testDatabase();
  ({ userId } = await testCustomer(database.orm));
});
afterAll(() => database.close());

const take = (runner: TestRunner, accountId: string, sql = database.sql) =>
  takeLease(sql, { accountId, runnerId: runner.id, host: runner.host, ttlS: TTL_S });

/** Gives the lease back, with a home on the machine of the runner. */
async function leaveHome(accountId: string, runner: TestRunner, fence = 1): Promise<void> {
  await recordContainer(database.sql, { accountId, runnerId: runner.id, fence }, { state: "stopped", reason: null });
  await releaseLease(database.sql, { accountId, runnerId: runner.id, fence });
}

describe("the lease of an account", () => {
  test("of two runners that ask at one time one gets it and the other learns where it is", async () => {
    const first = await testRunner(database.sql, { address: "http://first" });
    const second = await testRunner(database.sql, { address: "http://second" });
    const other = database.connect();
    for (let round = 0; round < 10; round += 1) {
      const { accountId } = await testAccount(database.sql, userId);
      const answers = await Promise.all([take(first, accountId), take(second, accountId, other.sql)]);
      const taken = answers.findIndex((answer) => answer.kind === "taken");
      expect(answers[taken]).toMatchObject({ kind: "taken", fence: 1, userId });
      expect(answers[1 - taken]).toEqual({ kind: "held", address: taken === 0 ? "http://first" : "http://second" });
    }
  });

  test("asked for again by its holder it keeps its fence", async () => {
    const runner = await testRunner(database.sql);
    const { accountId } = await testAccount(database.sql, userId);
    await take(runner, accountId);
    expect(await take(runner, accountId)).toMatchObject({ kind: "taken", fence: 1 });
  });

  test("that ran out is taken over with the next fence, and its former holder writes nothing any more", async () => {
    const [first, second] = [await testRunner(database.sql), await testRunner(database.sql)];
    const { accountId } = await testAccount(database.sql, userId);
    await take(first, accountId);
    const former = { accountId, runnerId: first.id, fence: 1 };
    expect(await recordContainer(database.sql, former, { state: "running", reason: null })).toBe(true);
    await runOutLeases(database.sql, first.id);

    expect(await take(second, accountId)).toMatchObject({ kind: "taken", fence: 2, containerState: "running" });
    expect(await recordContainer(database.sql, former, { state: "failed", reason: "late" })).toBe(false);
    expect(await renewLeases(database.sql, { runnerId: first.id, ttlS: TTL_S })).toEqual([]);
    expect(await releaseLease(database.sql, former)).toBe(false);
    expect(await take(first, accountId)).toMatchObject({ kind: "held", address: second.address });
  });

  test("that ran out is not brought back by a late heartbeat", async () => {
    const runner = await testRunner(database.sql);
    const { accountId } = await testAccount(database.sql, userId);
    await take(runner, accountId);
    expect(await renewLeases(database.sql, { runnerId: runner.id, ttlS: TTL_S })).toEqual([{ accountId, fence: 1 }]);
    await runOutLeases(database.sql, runner.id);
    expect(await renewLeases(database.sql, { runnerId: runner.id, ttlS: TTL_S })).toEqual([]);
  });

  test("stays on the machine of the home", async () => {
    const [here, there] = [await testRunner(database.sql, { host: "here" }), await testRunner(database.sql, { host: "there" })];
    const { accountId } = await testAccount(database.sql, userId);
    await take(here, accountId);
    await leaveHome(accountId, here);
    expect(await take(there, accountId)).toEqual({ kind: "elsewhere", host: "here" });
    expect(await take(here, accountId)).toMatchObject({ kind: "taken", fence: 2 });
  });

  test("without a home goes to any machine, and stays there once it has one", async () => {
    const [here, there] = [await testRunner(database.sql, { host: "here" }), await testRunner(database.sql, { host: "there" })];
    const { accountId } = await testAccount(database.sql, userId);
    await take(here, accountId);
    await releaseLease(database.sql, { accountId, runnerId: here.id, fence: 1 });
    expect(await take(there, accountId)).toMatchObject({ kind: "taken", fence: 2 });
    await leaveHome(accountId, there, 2);
    expect(await take(here, accountId)).toEqual({ kind: "elsewhere", host: "there" });
  });

  test("is not given to a runner that drains or has ended", async () => {
    const [draining, ended] = [await testRunner(database.sql), await testRunner(database.sql)];
    const { accountId } = await testAccount(database.sql, userId);
    await drainRunner(database.sql, draining.id);
    await endRunner(database.sql, ended.id);
    expect(await take(draining, accountId)).toEqual({ kind: "refused" });
    expect(await take(ended, accountId)).toEqual({ kind: "refused" });
  });

  test("cannot be taken past the guard: the database refuses a live holder's replacement and a skipped fence", async () => {
    const [first, second] = [await testRunner(database.sql), await testRunner(database.sql)];
    const { accountId } = await testAccount(database.sql, userId);
    await take(first, accountId);
    const steal = (fence: number) =>
      database.sql`update chatgpt_accounts set lease_runner_id = ${second.id}, fence = ${fence} where id = ${accountId}`;
    await expect(steal(2)).rejects.toThrow(/is leased until/);
    await runOutLeases(database.sql, first.id);
    await expect(steal(3)).rejects.toThrow(/needs fence 2/);
  });

  test("only an account that is being removed ends, and then it belongs to nobody", async () => {
    const runner = await testRunner(database.sql);
    const { accountId, laneId } = await testAccount(database.sql, userId);
    await take(runner, accountId);
    const proof = { accountId, runnerId: runner.id, fence: 1 };
    expect(await recordRemoved(database.sql, proof)).toBe(false);
    await database.sql`delete from lanes where id = ${laneId}`;
    await database.sql`update chatgpt_accounts set state = 'removing' where id = ${accountId}`;
    expect(await recordRemoved(database.sql, proof)).toBe(true);
    expect(await take(runner, accountId)).toEqual({ kind: "none" });
    expect(await findRunner(database.sql, accountId)).toBeNull();
  });
});

describe("finding the runner of an account", () => {
  test("it is the holder of the lease, even while that one drains", async () => {
    const runner = await testRunner(database.sql, { address: "http://holder" });
    await testRunner(database.sql);
    const { accountId } = await testAccount(database.sql, userId);
    await take(runner, accountId);
    await drainRunner(database.sql, runner.id);
    expect(await findRunner(database.sql, accountId)).toEqual({ address: "http://holder" });
  });

  test("without a lease it is a live runner on the machine of the home, always the same one", async () => {
    const host = "find-host";
    const runners = await Promise.all([1, 2, 3].map((n) => testRunner(database.sql, { host, address: `http://${n}` })));
    const { accountId } = await testAccount(database.sql, userId);
    await take(runners[0]!, accountId);
    await leaveHome(accountId, runners[0]!);
    const found = await findRunner(database.sql, accountId);
    expect(runners.map((runner) => runner.address)).toContain(found?.address);
    expect(await findRunner(database.sql, accountId)).toEqual(found);
  });

  test("one that has just not answered is left out, when the caller says so", async () => {
    const host = "refusing-host";
    const [dead, alive] = await Promise.all(["http://dead", "http://alive"].map((address) => testRunner(database.sql, { host, address })));
    const { accountId } = await testAccount(database.sql, userId);
    await take(alive!, accountId);
    await leaveHome(accountId, alive!);
    expect(await findRunner(database.sql, accountId, { without: [dead!.address] })).toEqual({ address: "http://alive" });
  });

  test("for one without a home it is a live runner on any machine", async () => {
    const [gone, alive] = [await testRunner(database.sql, { host: "gone" }), await testRunner(database.sql, { host: "alive" })];
    const { accountId } = await testAccount(database.sql, userId);
    await take(gone, accountId);
    await releaseLease(database.sql, { accountId, runnerId: gone.id, fence: 1 });
    await endRunner(database.sql, gone.id);
    expect(await findRunner(database.sql, accountId)).not.toBeNull();
    await take(alive, accountId);
    await leaveHome(accountId, alive, 2);
    expect(await findRunner(database.sql, accountId)).toEqual({ address: alive.address });
    await endRunner(database.sql, alive.id);
    expect(await findRunner(database.sql, accountId)).toBeNull();
  });

  test("silent, draining and ended runners are not found, nor one whose lease ran out", async () => {
    const host = "empty-host";
    const [silent, draining, ended, late] = await Promise.all([1, 2, 3, 4].map(() => testRunner(database.sql, { host })));
    const { accountId } = await testAccount(database.sql, userId);
    await take(late!, accountId);
    await recordContainer(database.sql, { accountId, runnerId: late!.id, fence: 1 }, { state: "stopped", reason: null });
    await runOutLeases(database.sql, late!.id);
    await database.sql`update runners set heartbeat_at = clock_timestamp() - interval '1 minute' where id = ${silent!.id}`;
    await drainRunner(database.sql, draining!.id);
    await endRunner(database.sql, ended!.id);
    expect(await findRunner(database.sql, accountId)).toBeNull();
  });
});
