import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { addCodexLane } from "@/tests/factories/codex-lane";
import { RUNNER_SECRET, startScriptedRunner, type ScriptedRunner } from "@/tests/factories/scripted-runner";
import { readLive } from "@/lib/requests/read-live";
import type { TestCustomer } from "@/tests/factories/customer";
import { eventually } from "@/tests/factories/eventually";
import { send } from "@/tests/factories/exchange";
import { gate } from "@/tests/factories/gate";
import { addOwnLane, MODEL, testGateway, walletCustomer, type TestGateway } from "@/tests/factories/gateway";
import { serverError } from "@/workers/simulator/openai/refusals";

const door = gate();
/** Answers whatever it is asked once the door is open. */
const patient = createServer((_req, res) => void door.pass().then(() => res.end("{}")));
let gateway: TestGateway;
let runner: ScriptedRunner;
let port: number;
beforeAll(async () => {
  await new Promise<void>((resolve) => patient.listen(0, "127.0.0.1", resolve));
  ({ port } = patient.address() as AddressInfo);
  runner = await startScriptedRunner();
  gateway = await testGateway({ upstreamPorts: [port], env: { RUNNER_SECRET } });
});
afterAll(async () => {
  await gateway.close();
  await runner.close();
  patient.closeAllConnections();
  patient.close();
});

const body = { model: MODEL, input: "tokens: 400", stream: true };

async function runningOf({ viewer, userId }: TestCustomer) {
  return (await readLive(gateway.database.sql, viewer, { userId, now: new Date() })).running;
}

test("a request on the customer's own key is shown with lane and model from when it is let in, and with its tokens as they come", async () => {
  const customer = await walletCustomer(gateway);
  const own = await addOwnLane(gateway, customer, { label: "Mine" });
  const { control } = gateway.ownSimulator;
  control.next({ gate: "before_headers" });
  const first = send(gateway.url, customer, { body });
  await control.until(({ held }) => held === 1);
  const shown = { keyName: "First key", model: MODEL, lane: { id: own, kind: "api_key", label: "Mine" }, heldUsd: null };
  expect(await runningOf(customer)).toMatchObject([{ ...shown, progress: null }]);
  control.release();
  expect(await (await first).ended).toBe("whole");
  expect(await runningOf(customer)).toEqual([]);

  control.next({ gate: { afterDeltas: 5 } });
  const second = await send(gateway.url, customer, { body });
  await eventually(async () =>
    expect(await runningOf(customer)).toMatchObject([
      { ...shown, progress: { stage: "content", outputTokens: expect.any(Number) as number } },
    ]),
  );
  const [running] = await runningOf(customer);
  expect(running?.progress?.outputTokens).toBeGreaterThan(0);
  control.release();
  expect(await second.ended).toBe("whole");
});

test("one on a ChatGPT account is shown with an estimate of its tokens, from its first words on", async () => {
  const customer = await walletCustomer(gateway);
  const lane = await addCodexLane(gateway.database, customer, { label: "Account A", address: runner.address });
  const words = gate();
  runner.next(lane.accountId, async (turn) => {
    await words.pass();
    turn.begin("some words of an answer");
  });
  const answer = send(gateway.url, customer, { body });
  await words.begun;
  const shown = { model: MODEL, lane: { id: lane.laneId, kind: "codex", label: "Account A" }, heldUsd: null };
  expect(await runningOf(customer)).toMatchObject([{ ...shown, progress: null }]);
  words.open();
  await eventually(async () =>
    expect(await runningOf(customer)).toMatchObject([{ ...shown, progress: { stage: "content", outputTokens: 6 } }]),
  );
  runner.turns.at(-1)?.finish();
  expect(await (await answer).ended).toBe("whole");
});

test("one that a lane has declined is shown on the lane that it has come to, and what it holds there", async () => {
  const customer = await walletCustomer(gateway);
  await addOwnLane(gateway, customer, { label: "First" });
  const second = await addOwnLane(gateway, customer, { label: "Second", position: 2 });
  const { control } = gateway.ownSimulator;
  control.next({ refuse: serverError() });
  control.next({ gate: "before_headers" });
  const onSecond = send(gateway.url, customer, { body });
  await control.until(({ held }) => held === 1);
  await eventually(async () => expect(await runningOf(customer)).toMatchObject([{ lane: { id: second, label: "Second" }, heldUsd: null }]));
  control.release();
  expect(await (await onSecond).ended).toBe("whole");

  control.next({ refuse: serverError() });
  control.next({ refuse: serverError() });
  gateway.simulator.control.next({ gate: "before_headers" });
  const onWallet = send(gateway.url, customer, { body });
  await gateway.simulator.control.until(({ held }) => held === 1);
  expect(await runningOf(customer)).toMatchObject([
    { model: MODEL, lane: { id: customer.walletLaneId, kind: "wallet" }, heldUsd: expect.stringMatching(/^0\.\d{6}$/) as string },
  ]);
  gateway.simulator.control.release();
  expect(await (await onWallet).ended).toBe("whole");
});

test("a call that is passed on with its body unread is shown with its lane and without a model", async () => {
  const customer = await walletCustomer(gateway);
  const own = await addOwnLane(gateway, customer, { simulator: { url: `http://127.0.0.1:${port}`, port } });
  const call = send(gateway.url, customer, { path: "/v1/embeddings", body: { model: "text-embedding-3-small", input: "words" } });
  await door.begun;
  expect(await runningOf(customer)).toMatchObject([{ model: null, lane: { id: own }, heldUsd: null, progress: null }]);
  door.open();
  expect(await (await call).ended).toBe("whole");
});
