import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { Locator, Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import type { CodeSample } from "@/lib/api-spec/code-samples";
import { startDesk } from "@/tests/e2e/desk";
import { inLook, LOOKS } from "@/tests/e2e/looks";
import { faultsOf } from "@/tests/e2e/page-faults";
import { connect, createCustomer, type Customer, enter, runAdmin, simulatedOpenai } from "@/tests/e2e/product-desk";

const PAGES = ["/api-docs", "/api-docs/create-response", "/api-docs/list-requests", "/api-docs/get-public-codex"];

const HELPER_SECRET = /sy-helper-[A-Za-z0-9]{43}/;

const desk = startDesk({ ownRequestsOnly: true });
/** Pays from the wallet. */
let ada: Customer;
/** Has a lane of an own key before it, and one of a ChatGPT account that is not signed in yet. */
let bob: Customer;
let codexLaneId: string;
let helperSecret: string;
let described: ApiJson;

type Json = Record<string, unknown>;
type Operation = { operationId: string; responses: Record<string, { content?: Json }>; "x-codeSamples": CodeSample[] };
type ApiJson = { paths: Record<string, Record<string, Operation>> };

beforeAll(async () => {
  ada = await createCustomer(desk.product, "ada");
  bob = await createCustomer(desk.product, "bob");
  const own = ["lane", "add", "--username", "bob", "--label", "Own key", "--base-url", simulatedOpenai(desk.product), "--key-stdin"];
  await runAdmin(desk.product, own, "sk-of-bob");
  codexLaneId = (await connectedLane()).split("/").at(-1)!;
  helperSecret = await madeHelper();
  described = (await (await fetch(`${desk.url}/openapi.json`)).json()) as ApiJson;
});

describe("/openapi.json", () => {
  test("has an ETag and is not sent again to who has it", async () => {
    const first = await fetch(`${desk.url}/openapi.json`);
    const etag = first.headers.get("etag") ?? "";
    expect([first.status, first.headers.get("content-type"), first.headers.get("cache-control")]).toEqual([
      200,
      "application/json",
      "public, max-age=300",
    ]);
    const again = await fetch(`${desk.url}/openapi.json`, { headers: { "if-none-match": `"other", W/${etag}` } });
    expect([again.status, await again.text(), again.headers.get("etag")]).toEqual([304, "", etag]);
  });

  test("says what every documented route answers: each is called, and its answer holds the documented fields and no others", async () => {
    const found: string[] = [];
    const called: string[] = [];
    for (const { id, status = 200, ...call } of await callsOfEveryRoute()) {
      const { method, address, operation } = operationOf(id);
      const answer = await send(method, address, call);
      const type = (answer.headers.get("content-type") ?? "").split(";")[0]!;
      const body = await answer.text();
      called.push(id);
      if (answer.status !== status) {
        found.push(`${id}: ${answer.status} ${body.slice(0, 200)}`);
        continue;
      }
      if (status >= 400) found.push(...violations(["components", "schemas", "Error"], JSON.parse(body)).map((line) => `${id}: ${line}`));
      else if (operation.responses[status]?.content?.["*/*"] === undefined) {
        const values = type === "application/json" ? [JSON.parse(body)] : type === "text/event-stream" ? dataLines(body) : [body];
        const place = ["paths", address.template, method.toLowerCase(), "responses", String(status), "content", type, "schema"];
        for (const value of values) found.push(...violations(place, value).map((line) => `${id} ${type}: ${line}`));
      }
    }
    expect(found).toEqual([]);
    const documented = Object.values(described.paths).flatMap((item) => Object.values(item).map(({ operationId }) => operationId));
    expect([...new Set(called)].toSorted()).toEqual(documented.toSorted());
  });

  test("refusals have the documented envelope and an id, for SDKs and for Codex", async () => {
    for (const agent of ["openai-python", "codex_exec/0.1"]) {
      const answer = await fetch(`${desk.url}/v1/responses`, {
        method: "POST",
        headers: { authorization: `Bearer ${ada.apiKey}`, "user-agent": agent },
        body: '{"model": 7}',
      });
      expect(answer.status).toBe(400);
      expect(answer.headers.get("x-request-id")).toMatch(/^req_/);
      expect(violations(["components", "schemas", "Error"], await answer.json())).toEqual([]);
    }
  });
});

describe("the examples", () => {
  test("run as they are shown: curl in a shell and Node without a package", async () => {
    const env = { ...process.env, [keyName()]: ada.apiKey };
    const run = promisify(execFile);
    const failed: string[] = [];
    for (const id of ["createResponse", "createChatCompletion", "listModels", "getMe", "listRequests", "getPublicCodex"]) {
      const { operation } = operationOf(id);
      for (const { label, source } of operation["x-codeSamples"]) {
        if (label !== "curl" && label !== "Node") continue;
        const { stdout } =
          label === "curl"
            ? await run("sh", ["-c", source], { env })
            : await run(process.execPath, ["--input-type=module", "-e", source], { env });
        if (/"error": ?\{|error: \{/.test(stdout) || stdout.trim() === "") failed.push(`${id} ${label}: ${stdout.slice(0, 200)}`);
      }
    }
    expect(failed).toEqual([]);
  });
});

describe("the reference", () => {
  test.each(LOOKS)("$width pixels wide and $colorScheme: no axe violation and no sideways scroll", async (look) => {
    const page = await desk.openPage(inLook(look));
    const found = await faultsOf(page, PAGES, async (_, status) => {
      expect(status).toBe(200);
      await page.waitForLoadState("networkidle");
    });
    expect(found).toEqual([]);
  });

  test("leads from the overview to every route and from each to its errors, and a route that is not there is no page", async () => {
    const overview = await (await fetch(`${desk.url}/api-docs`)).text();
    const linked = new Set<string>();
    for (const item of Object.values(described.paths)) {
      for (const { operationId } of Object.values(item)) {
        const slug = operationId.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
        expect(overview).toContain(`href="/api-docs/${slug}"`);
        const answer = await fetch(`${desk.url}/api-docs/${slug}`);
        expect(answer.status, slug).toBe(200);
        for (const [, error] of (await answer.text()).matchAll(/href="\/api-docs#(error-\w+)"/g)) {
          expect(overview, operationId).toContain(`id="${error}"`);
          linked.add(error!);
        }
      }
    }
    expect(linked.size).toBeGreaterThan(10);
    expect((await fetch(`${desk.url}/api-docs/no-such-route`)).status).toBe(404);
  });
});

describe("trying a route", () => {
  test("shows a stream as it comes and what it cost; the key is kept nowhere and is gone after the reference is left", async () => {
    const page = await desk.openPage();
    const tried = await openRoute(page, "create-response");
    await tried.getByRole("button", { name: "Send" }).click();
    await tried.getByText("Type an API key first.").waitFor();
    await tried.getByLabel("API key").fill(ada.apiKey);
    await tried.getByRole("button", { name: "Send" }).click();
    await tried.getByText("response.output_text.delta").waitFor();
    await tried.getByText(/tokens in, \d+ out, \$0\.\d{6}/).waitFor();
    expect(await tried.getByText("200", { exact: true }).count()).toBe(1);
    const kept = await page.evaluate(() =>
      JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage), document.cookie, location.href]),
    );
    expect(kept).not.toContain(ada.apiKey);

    await page.getByRole("navigation", { name: "Routes of the API" }).getByRole("link", { name: "Get who you are" }).click();
    await page.getByRole("heading", { level: 1, name: "Get who you are" }).waitFor();
    await tried.getByRole("button", { name: "Send" }).click();
    await tried.getByText('"username": "ada"').waitFor();

    await page.getByRole("banner").getByRole("link", { name: "Pricing" }).click();
    await page.getByRole("heading", { level: 1, name: "Pricing" }).waitFor();
    await page.getByRole("banner").getByRole("link", { name: "API" }).click();
    await page
      .getByRole("article")
      .getByRole("link", { name: /GET \/api\/v1\/me/ })
      .click();
    expect(await tried.getByLabel("API key").inputValue()).toBe("");
  });

  test("can be aborted while the answer comes", async () => {
    const page = await desk.openPage();
    const tried = await openRoute(page, "create-response");
    await tried.getByLabel("API key").fill(ada.apiKey);
    await tried.getByLabel("Body").fill(JSON.stringify({ model: "gpt-5.5", stream: true, input: "slow: 60\nCount." }));
    await tried.getByRole("button", { name: "Send" }).click();
    await tried.getByText("response.output_text.delta").waitFor();
    await tried.getByRole("button", { name: "Abort" }).click();
    await tried.getByText(/^Aborted\./).waitFor();
    await tried.getByRole("button", { name: "Send" }).waitFor();
    expect(await tried.getByRole("button", { name: "Abort" }).count()).toBe(0);
  });

  test("is not possible before the script is there: a browser would write the key into the address", async () => {
    const page = await desk.openPage({ javaScriptEnabled: false });
    await page.goto("/api-docs/create-response");
    await page.getByLabel("API key").fill("sk-sy-secret");
    await page.getByLabel("API key").press("Enter");
    expect(await page.getByRole("button", { name: "Send" }).isDisabled()).toBe(true);
    expect(new URL(page.url()).search).toBe("");
  });

  test("names the field that is at fault before anything is sent, and keeps what was typed", async () => {
    const page = await desk.openPage();
    let tried = await openRoute(page, "get-request");
    await tried.getByLabel("API key").fill("two words");
    await tried.getByRole("button", { name: "Send" }).click();
    await tried.getByText("A key has no spaces").waitFor();
    await tried.getByText("Type a value for requestId.").waitFor();
    tried = await openRoute(page, "create-chat-completion");
    await tried.getByLabel("API key").fill(ada.apiKey);
    await tried.getByLabel("Body").fill("{model: 1}");
    await tried.getByRole("button", { name: "Send" }).click();
    await tried.getByText("This is not JSON").waitFor();
    expect(await tried.getByLabel("Body").inputValue()).toBe("{model: 1}");
  });
});

type Call = { params?: Record<string, string>; query?: string; body?: Json; headers?: Record<string, string>; key?: string | null };

/** In an order in which each finds what it asks for. */
async function callsOfEveryRoute(): Promise<({ id: string; status?: number } & Call)[]> {
  const made = await send("POST", operationOf("createResponse").address, {
    key: bob.apiKey,
    body: { model: "gpt-5.5", input: "hi", store: true, background: true },
  });
  const stored = ((await made.json()) as { id: string }).id;
  const paid = await send("POST", operationOf("createResponse").address, { body: { model: "gpt-5.5", input: "hi" } });
  const requestId = paid.headers.get("x-request-id") ?? "";
  await paid.text();
  await expect.poll(async () => (await send("GET", operationOf("getRequest").address, { params: { requestId } })).status).toBe(200);
  const keyId = await keyOfAda(requestId);
  return [
    { id: "createResponse", body: { model: "gpt-5.5", input: "hi" } },
    { id: "createResponse", body: { model: "gpt-5.5", input: "hi", stream: true } },
    { id: "getResponse", key: bob.apiKey, params: { response_id: stored } },
    { id: "getResponse", params: { response_id: stored }, status: 404 },
    { id: "listInputItems", key: bob.apiKey, params: { response_id: stored } },
    { id: "cancelResponse", key: bob.apiKey, params: { response_id: stored } },
    { id: "deleteResponse", key: bob.apiKey, params: { response_id: stored } },
    { id: "createChatCompletion", body: { model: "gpt-5.5", messages: [{ role: "user", content: "hi" }] } },
    { id: "createChatCompletion", body: { model: "gpt-5.5", messages: [{ role: "user", content: "hi" }], stream: true } },
    { id: "listModels" },
    { id: "getModel", params: { model: "gpt-5.5" } },
    { id: "postOwnKey", key: bob.apiKey, params: { path: "embeddings" }, body: { model: "text-embedding-3-small", input: "hi" } },
    // The simulated provider keeps no files, and says so.
    { id: "getOwnKey", key: bob.apiKey, params: { path: "files" }, status: 404 },
    { id: "deleteOwnKey", key: bob.apiKey, params: { path: "files/file-abc" }, status: 404 },
    { id: "getMe" },
    { id: "getWallet", query: "limit=500&holds=true" },
    { id: "getWallet", query: "limit=501", status: 400 },
    { id: "exportWallet" },
    { id: "getUsage" },
    { id: "getUsage", query: "range=7d&bucket=day&groupBy=model&tz=Europe/Berlin" },
    { id: "getUsage", query: "bucket=year", status: 400 },
    { id: "exportUsage", query: "range=today" },
    { id: "getLiveUsage" },
    { id: "listRequests", query: "limit=1" },
    { id: "listRequests", query: "limit=501", status: 400 },
    { id: "getRequest", params: { requestId } },
    { id: "getRequest", key: bob.apiKey, params: { requestId }, status: 404 },
    { id: "exportRequests" },
    { id: "exportRequests", query: "format=ndjson" },
    { id: "listLanes" },
    { id: "listLanes", key: bob.apiKey },
    { id: "getSignIn", key: bob.apiKey, params: { laneId: codexLaneId } },
    { id: "getSignIn", params: { laneId: codexLaneId }, status: 404 },
    { id: "getLastUse", params: { keyId } },
    { id: "createShortKey", key: helperSecret },
    { id: "createShortKey", key: helperSecret, headers: { accept: "text/plain" } },
    { id: "createShortKey", key: "nobody's", status: 401 },
    { id: "getPublicCodex", key: null },
  ];
}

async function keyOfAda(requestId: string): Promise<string> {
  const answer = await send("GET", operationOf("getRequest").address, { params: { requestId } });
  return ((await answer.json()) as { keyId: string }).keyId;
}

function connectedLane(): Promise<string> {
  return desk.withPage(async (page) => {
    await enter(desk.product, page, bob);
    return connect(desk.product, page, "Plan");
  });
}

/** Its secret stands in the setup line and nowhere else. */
function madeHelper(): Promise<string> {
  return desk.withPage(async (page) => {
    await enter(desk.product, page, ada);
    await page.goto("/dashboard/setup?key=helper");
    await page.getByLabel("Name of the machine").fill("build server");
    await page.getByRole("button", { name: "Make a helper" }).click();
    await page.getByText("secret is in the setup line below").waitFor();
    const [secret] = HELPER_SECRET.exec(await page.content()) ?? [];
    if (secret === undefined) throw new Error("no helper's secret is shown");
    return secret;
  });
}

type Address = { template: string };

function operationOf(id: string): { method: string; address: Address; operation: Operation } {
  for (const [template, item] of Object.entries(described.paths)) {
    for (const [method, operation] of Object.entries(item)) {
      if (operation.operationId === id) return { method: method.toUpperCase(), address: { template }, operation };
    }
  }
  throw new Error(`no route is documented as ${id}`);
}

function send(method: string, { template }: Address, { params = {}, query, body, headers, key = ada.apiKey }: Call): Promise<Response> {
  const address = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => params[name] ?? "");
  return fetch(`${desk.url}${address}${query ? `?${query}` : ""}`, {
    method,
    headers: {
      ...(key && { authorization: `Bearer ${key}` }),
      ...(body && { "content-type": "application/json" }),
      ...headers,
    },
    ...(body && { body: JSON.stringify(body) }),
  });
}

function dataLines(stream: string): unknown[] {
  const lines = stream.split("\n").filter((line) => line.startsWith("data: ") && line !== "data: [DONE]");
  return lines.map((line) => JSON.parse(line.slice("data: ".length)) as unknown);
}

let ajv: Ajv2020 | null = null;

/** Of the schema at that place of the document. Objects that list their fields may have no others. */
function violations(place: readonly string[], value: unknown): string[] {
  ajv ??= new Ajv2020({ strict: false, allErrors: true, validateFormats: false }).addSchema(closed(described) as Json, "api");
  const pointer = place.map((step) => encodeURIComponent(step.replaceAll("~", "~0").replaceAll("/", "~1"))).join("/");
  const validate = ajv.compile({ $ref: `api#/${pointer}` });
  return validate(value)
    ? []
    : (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`);
}

function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.fromEntries(Object.entries(value).map(([name, member]) => [name, closed(member)]));
  const isObjectSchema = entries["type"] === "object" && typeof entries["properties"] === "object";
  return isObjectSchema && entries["additionalProperties"] === undefined ? { ...entries, additionalProperties: false } : entries;
}

function keyName(): string {
  const [, name] = /Bearer \$(\w+)"/.exec(operationOf("getMe").operation["x-codeSamples"][0]?.source ?? "") ?? [];
  return name ?? "";
}

/** Once its script is there: nothing can be sent before. */
async function openRoute(page: Page, slug: string): Promise<Locator> {
  await page.goto(`/api-docs/${slug}`);
  const tried = page.getByRole("region", { name: "Try it" });
  await tried.getByRole("button", { name: "Send", disabled: false }).waitFor();
  return tried;
}
