import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { withTransaction } from "@/db/transaction";
import { TrialLimiter } from "@/lib/lanes/trial-limiter";
import { tryApiKey } from "@/lib/lanes/try-api-key";
import { stampDatabase } from "@/lib/settings/database-mode";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";
import { freePort } from "@/workers/shared/free-port";
import { startOpenaiSimulator, type OpenaiSimulator } from "@/workers/simulator/openai/start-openai-simulator";

let simulated: TestDatabase;
let live: TestDatabase;
let simulator: OpenaiSimulator;
beforeAll(async () => {
  [simulated, live, simulator] = await Promise.all([testDatabase(), testDatabase(), startOpenaiSimulator()]);
  await withTransaction(simulated.orm, (tx) => stampDatabase(tx, "simulated"));
  await withTransaction(live.orm, (tx) => stampDatabase(tx, "live"));
});
afterAll(async () => {
  await simulator.close();
  await simulated.close();
  await live.close();
});

function tryAt(baseUrl: string, secret = "sk-good") {
  return tryApiKey(simulated.orm, { baseUrl, secret, allow: [new URL(baseUrl).host] });
}

async function upstream(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  onTestFinished(() => void server.close());
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

test("a key that its upstream takes passes, at the cost of one question for the models", async () => {
  const before = simulator.requests.length;
  await tryAt(`${simulator.url}/v1/`);
  expect(simulator.requests.slice(before)).toMatchObject([{ method: "GET", path: "/v1/models" }]);
});

test("a key that it refuses is named with the upstream's status and words", async () => {
  await expect(tryAt(`${simulator.url}/v1`, "sk-bad-key")).rejects.toMatchObject({
    code: "request_invalid",
    param: "secret",
    message: expect.stringMatching(/ refuses this key: it answered 401 \(“Incorrect API key/) as string,
  });
  const forbidding = await upstream((_req, res) => res.writeHead(403).end("{}"));
  await expect(tryAt(forbidding)).rejects.toMatchObject({ param: "secret", message: expect.stringContaining("403") as string });
});

test("an address where nobody answers is named, and so is one that answers something else", async () => {
  const at = async (listener: RequestListener) => tryAt(await upstream(listener));
  const named = (text: string) => ({ code: "request_invalid", param: "baseUrl", message: expect.stringContaining(text) as string });
  await expect(tryAt(`http://127.0.0.1:${await freePort(0)}/v1`)).rejects.toMatchObject(named("No answer from 127.0.0.1:"));
  await expect(at((_req, res) => res.writeHead(404).end("{}"))).rejects.toMatchObject(named("answered 404"));
  await expect(at((_req, res) => res.writeHead(302, { location: "https://example.com/" }).end())).rejects.toMatchObject(
    named("answered 302"),
  );
  await expect(at((_req, res) => res.end("<h1>Welcome</h1>"))).rejects.toMatchObject(named("not with a list of models"));
  await expect(at((_req, res) => res.end(Buffer.alloc(3 * 1024 * 1024)))).rejects.toMatchObject(named("No answer from 127.0.0.1:"));
});

test("the operator's own private upstreams are out of a customer's reach, and nothing is sent to them", async () => {
  let asked = 0;
  const baseUrl = await upstream((_req, res) => res.end(String((asked += 1))));
  const attempt = tryApiKey(live.orm, { baseUrl, secret: "sk-good", allow: [new URL(baseUrl).host] });
  await expect(attempt).rejects.toMatchObject({ code: "request_invalid", param: "baseUrl" });
  expect(asked).toBe(0);
});

test("somebody who tries keys without end is told when to come back, and others are not", async () => {
  const limiter = new TrialLimiter();
  for (let at = 0; at < 20; at += 1) await limiter.count("usr_one");
  await expect(limiter.count("usr_one")).rejects.toMatchObject({ code: "rate_limited" });
  await limiter.count("usr_two");
});
