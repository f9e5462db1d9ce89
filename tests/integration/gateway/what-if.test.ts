import { afterAll, beforeAll, expect, test } from "vitest";
import { parseUsd } from "@/lib/money/micro-usd";
import { whatIf } from "@/lib/runtime/what-if";
import { addCodexLane } from "@/tests/factories/codex-lane";
import { testCustomer, type TestCustomer } from "@/tests/factories/customer";
import { sendWhole } from "@/tests/factories/exchange";
import { addOwnLane, keyWith, loggedOf, MODEL, testGateway, walletCustomer, walletOf, type TestGateway } from "@/tests/factories/gateway";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await testGateway({ timings: { moneyWaitMs: 200 } });
});
afterAll(() => gateway.close());

const body = { model: MODEL, input: "say: hello" };

function foretold(customer: TestCustomer, more: object = {}) {
  const { userId, keyId } = customer;
  return whatIf(gateway.parts, { userId, keyId, wire: "responses", body: JSON.stringify({ ...body, ...more }) });
}

/** What is foretold, and how the request then goes that is really sent. */
async function bothOf(customer: TestCustomer, more: object = {}) {
  const told = await foretold(customer, more);
  const answer = await sendWhole(gateway.url, customer, { body: { ...body, ...more } });
  const row = (await loggedOf(gateway.database, customer, 1))[0]!;
  return { told, answer, row, does: told.lanes.map((lane) => `${lane.label}: ${lane.does}`) };
}

test("an empty wallet cannot pay, and the client hears what is foretold", async () => {
  const { told, row, does } = await bothOf(await testCustomer(gateway.database.orm));
  expect(does).toEqual(["Wallet: cannot_pay"]);
  expect(told.refusal).toEqual({ code: "wallet_empty", message: row.errorText });
  expect(row.errorCode).toBe("wallet_empty");
});

test("a used-up budget cannot pay, and the client hears what is foretold", async () => {
  const customer = await walletCustomer(gateway);
  const { told, row, does } = await bothOf(await keyWith(gateway, customer, { budgetMonth: parseUsd("0.01") }));
  expect(does).toEqual(["Wallet: cannot_pay"]);
  expect(told.refusal).toEqual({ code: "budget_reached", message: row.errorText });
  expect(row.errorCode).toBe("budget_reached");
});

test("a wallet that covers a shorter answer is foretold to give the one that is given", async () => {
  const { told, answer, row } = await bothOf(await testCustomer(gateway.database.orm, { creditUsd: "0.2" }));
  expect(answer.status).toBe(200);
  const [taker] = told.lanes;
  if (taker?.does !== "answers") throw new Error("nobody was foretold to answer");
  const notes = taker.edits.filter((note) => note.includes("what the wallet covers"));
  expect(notes).toHaveLength(1);
  expect(row.edits).toContain(`Wallet: ${notes[0]}`);
});

test("a lane behind an empty wallet takes over, as it then does", async () => {
  const customer = await testCustomer(gateway.database.orm);
  const laneId = await addOwnLane(gateway, customer, { position: 2 });
  const { told, answer, row, does } = await bothOf(customer);
  expect(answer.status).toBe(200);
  expect(does).toEqual(["Wallet: cannot_pay", "Own key: answers"]);
  expect(told.refusal).toBeNull();
  expect(row.laneId).toBe(laneId);
});

test("a wallet that has taken over all that it may today cannot pay, and the client hears what is foretold", async () => {
  const { database } = gateway;
  const customer = await walletCustomer(gateway);
  const codex = await addCodexLane(database, customer, { label: "Mine", address: "127.0.0.1:9" });
  await database.sql`update lanes set position = 9 where id = ${customer.walletLaneId}`;
  await database.sql`update lanes set state = 'exhausted', state_until = now() + interval '1 hour' where id = ${codex.laneId}`;
  await database.sql`
    insert into lane_spills (user_id, lane_id, day, requests, first_reason)
    values (${customer.userId}, ${customer.walletLaneId}, (now() at time zone 'utc')::date, 5000, 'exhausted')`;
  const { told, row, does } = await bothOf(customer);
  expect(does).toEqual(["Mine: is_passed_over", "Wallet: cannot_pay"]);
  expect(told.refusal).toEqual({ code: "budget_reached", message: row.errorText });
  expect(row.errorCode).toBe("budget_reached");
});

test("what concerns the key itself is told beside it", async () => {
  const customer = await walletCustomer(gateway);
  const key = await keyWith(gateway, customer, { requestsPerMinuteMax: 1, ipAllow: ["127.0.0.0/8"] });
  const { told, answer } = await bothOf(key);
  expect(answer.status).toBe(200);
  expect(told.ipAllow).toEqual(["127.0.0.0/8"]);
  await expect(foretold(key)).rejects.toMatchObject({ code: "rate_limited", param: "keyId" });
  expect((await sendWhole(gateway.url, key, { body })).status).toBe(429);
  await gateway.database.sql`update users set status = 'suspended' where id = ${customer.userId}`;
  await expect(foretold(customer)).rejects.toMatchObject({ code: "paused", param: "keyId" });
});

test("nothing of it is kept", async () => {
  const customer = await walletCustomer(gateway);
  const everything = async () => {
    const { sql } = gateway.database;
    const { userId, keyId } = customer;
    return [
      await walletOf(gateway.database, customer),
      await sql`select * from api_key_usage where key_id = ${keyId}`,
      await sql`select id from holds where user_id = ${userId} union all select request_id from admissions where user_id = ${userId}
        union all select id from requests where user_id = ${userId} union all select id from transfers where user_id = ${userId} order by 1`,
    ];
  };
  const before = await everything();
  expect((await foretold(customer)).lanes).toMatchObject([{ does: "answers" }]);
  expect(await everything()).toEqual(before);
});
