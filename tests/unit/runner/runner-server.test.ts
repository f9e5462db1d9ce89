import pino from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TURN_HEADER, type TurnTicket } from "@/lib/turns/runner-protocol";
import { createRunnerServer, type RunnerServer } from "@/workers/codex-runner/create-runner-server";
import type { Runner } from "@/workers/codex-runner/runner";

const ticket: TurnTicket = {
  requestId: "req_1",
  userId: "usr_1",
  keyId: "key_1",
  laneId: "lane_1",
  accountId: "acct_1",
  wire: "responses",
  stream: true,
  includeUsage: false,
  model: "gpt-5.5",
  isRerun: false,
  outputTokensMax: 1_000,
  queueMs: 1_000,
  deadlineMs: 10_000,
};

const served: string[] = [];
let server: RunnerServer;
beforeAll(async () => {
  const runner = {
    isDraining: false,
    serveTurn: ({ ticket: { model } }: { ticket: TurnTicket }) => {
      served.push(model);
      return Promise.resolve();
    },
  } as unknown as Runner;
  server = await createRunnerServer({ runner: () => runner, secret: "shared", host: "127.0.0.1", port: 0, log: pino({ level: "silent" }) });
});
afterAll(() => server.close());

const ask = (model: string) =>
  fetch(`${server.address}/turns`, {
    method: "POST",
    headers: { authorization: "Bearer shared", [TURN_HEADER]: Buffer.from(JSON.stringify({ ...ticket, model })).toString("base64url") },
    body: "{}",
  });

test.each([[""], ["m".repeat(400)], ["gpt\u0000"]])(
  "a turn for a model that nothing can name is refused before anything is asked of it: %j",
  async (model) => {
    expect((await ask(model)).status).toBe(400);
    expect(served).toEqual([]);
  },
);

test("a turn for a model is served", async () => {
  expect((await ask("gpt-5.5")).status).toBe(200);
  expect(served).toEqual(["gpt-5.5"]);
});
