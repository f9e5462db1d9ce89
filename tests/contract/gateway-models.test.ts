import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { CODEX_VERSION } from "@/lib/openai/codex-release";
import { makeModelCatalogue } from "@/lib/codex/model-catalogue";
import { codexBinary, lastMessage, openDesk, runCodex } from "@/tests/contract/harness/codex";
import { expireKey, linesOf, type RecordedGateway, recordedGateway } from "@/tests/contract/harness/gateway-endpoint";
import { codexExec, sdkClient } from "@/tests/contract/harness/scenarios";
import { sendWhole } from "@/tests/factories/exchange";

/** `GET /v1/models` and keys that a command prints: with one of those Codex reads the models from us. */
let gateway: RecordedGateway;

beforeAll(async () => {
  gateway = await recordedGateway();
  const cacheFile = join(gateway.dataDir, "codex-models.json");
  await makeModelCatalogue({ binary: await codexBinary(), version: CODEX_VERSION, cacheFile });
});

afterAll(() => gateway.close());

type Listed = { object: string; data: { id: string }[]; models: { slug: string }[] };

test("Codex decodes the list, and works with a key from auth.command", async () => {
  const client = await gateway.client();
  const authCommand = { command: "/bin/echo", args: [client.endpoint.apiKey] };
  const run = await codexExec({ ...client.endpoint, authCommand }, { model: "gpt-5.5", prompt: "say: hello" });
  expect(lastMessage(run)).toBe("hello");
  expect(run.stderr).not.toMatch(/decode|ERROR/);
  const calls = linesOf(gateway.callsOf(client));
  expect(calls).toContain("GET /v1/models 200");
  expect(calls.filter((line) => line.startsWith("POST"))).toEqual(["POST /v1/responses 200"]);
});

test("Codex keeps the models that the key may use, with the list's ETag", async () => {
  const client = await gateway.client({ limits: { models: ["gpt-6-luna"] } });
  const authCommand = { command: "/bin/echo", args: [client.endpoint.apiKey] };
  const desk = await openDesk({ ...client.endpoint, authCommand }, { model: "gpt-6-luna" });
  onTestFinished(desk.dispose);
  const run = await runCodex({ args: ["exec", "--json", "say: hello"], cwd: desk.work, env: desk.env });
  expect(lastMessage(run)).toBe("hello");
  const kept = JSON.parse(await readFile(join(desk.home, "models_cache.json"), "utf8")) as { etag: string; models: { slug: string }[] };
  expect(kept.models.map((row) => row.slug)).toEqual(["gpt-6-luna"]);
  expect(kept.etag).toBe((await list(client)).etag);
});

test("an expired key makes Codex run its command again, and the turn goes on", async () => {
  const [before, after] = [await gateway.client(), await gateway.client()];
  await expireKey(gateway, before);
  const mark = join(gateway.dataDir, "asked-before");
  const script = `if [ -e ${mark} ]; then echo ${after.endpoint.apiKey}; else touch ${mark}; echo ${before.endpoint.apiKey}; fi`;
  const authCommand = { command: "/bin/sh", args: ["-c", script] };
  const run = await codexExec({ ...after.endpoint, authCommand }, { model: "gpt-5.5", prompt: "say: renewed" });
  expect(lastMessage(run)).toBe("renewed");
  const posts = [before, after].map((client) => linesOf(gateway.callsOf(client)).filter((line) => line.startsWith("POST")));
  expect(posts).toEqual([["POST /v1/responses 401"], ["POST /v1/responses 200"]]);
});

test("the list holds what the price book sells and the key may use, for SDKs and for Codex", async () => {
  const all = await list(await gateway.client());
  expect(all.body.data.map((row) => row.id)).toEqual(expect.arrayContaining(["gpt-5.5", "gpt-6.1-sol", "gpt-4o"]));
  // Codex's own rows exist for its own models only.
  expect(all.body.models.map((row) => row.slug)).toEqual(expect.arrayContaining(["gpt-5.5", "gpt-6.1-sol"]));
  expect(all.body.models.map((row) => row.slug)).not.toContain("gpt-4o");

  const few = await list(await gateway.client({ limits: { models: ["gpt-5.5", "not-sold"] } }));
  expect(few.body.data.map((row) => row.id)).toEqual(["gpt-5.5"]);
  expect(few.body.models.map((row) => row.slug)).toEqual(["gpt-5.5"]);
});

test("an unchanged list is answered 304 without a body", async () => {
  const client = await gateway.client();
  const { etag } = await list(client);
  const again = await sendWhole(gateway.url, client.customer, {
    method: "GET",
    path: "/v1/models",
    headers: { "if-none-match": etag },
  });
  expect([again.status, again.headers.etag, again.bytes().length]).toEqual([304, etag, 0]);
});

test("the SDK lists models and finds one", async () => {
  const client = await gateway.client();
  const sdk = sdkClient(client.endpoint);
  expect((await sdk.models.list()).data).toContainEqual({ id: "gpt-5.5", object: "model", created: 0, owned_by: "system" });
  expect((await sdk.models.retrieve("gpt-5.5")).id).toBe("gpt-5.5");
  await expect(sdk.models.retrieve("acme-9")).rejects.toMatchObject({ status: 404, code: "model_not_found" });
});

async function list(client: { customer: { secret: string } }): Promise<{ etag: string; body: Listed }> {
  const reply = await sendWhole(gateway.url, client.customer, { method: "GET", path: "/v1/models" });
  expect(reply.status).toBe(200);
  return { etag: String(reply.headers.etag), body: reply.json<Listed>() };
}
