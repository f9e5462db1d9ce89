import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { Validator } from "@seriousme/openapi-schema-validator";
import { expect, test } from "vitest";
import { API_OPERATIONS, apiDocument } from "@/lib/api-spec/api-document";
import type { DocumentedError } from "@/lib/api-spec/error-answers";
import { chatRequestSchema, responsesRequestSchema } from "@/lib/api-spec/generation-schemas";
import { operationGroups, operationView, slugOf } from "@/lib/api-spec/operation-view";
import { filterQuery } from "@/lib/api-spec/request-log-schemas";
import { routeOf, type Route } from "@/lib/gateway/create-gateway";
import { scanBody } from "@/lib/openai/json-scan";
import { ERROR_TABLE } from "@/lib/openai/error-table";
import { readFacts, type Wire } from "@/lib/openai/request-facts";
import { NO_FILTER, readFilter } from "@/lib/requests/request-filter";
import { CODEX_FIELDS } from "@/lib/turns/codex-capabilities";

const document = apiDocument({
  brandName: 'Switch "yard"',
  providerId: "switchyard",
  keyEnvName: "SWITCHYARD_API_KEY",
  publicUrl: "https://gateway.example",
  model: "gpt-5.5",
});
const METHODS = /^export (?:async function|function|const) (GET|POST|PUT|PATCH|DELETE|HEAD)\b/gm;

test("the document is valid OpenAPI 3.1", async () => {
  const validator = new Validator();
  const { valid, errors } = await validator.validate(JSON.parse(JSON.stringify(document)) as Record<string, unknown>);
  expect(errors).toBeUndefined();
  expect([valid, validator.version]).toEqual([true, "3.1"]);
});

test("every row of the error table is in the document, with both its faces and what to do", () => {
  const rows = document["x-switchyard-errors"] as DocumentedError[];
  expect(rows.map(({ error }) => error)).toEqual(Object.keys(ERROR_TABLE));
  for (const { error, when, todo, sdk, codex } of rows) {
    expect(todo).toMatch(/^[A-Z].+\.$/);
    expect({ when, sdk, codex }).toMatchObject({
      when: ERROR_TABLE[error].when,
      sdk: { status: ERROR_TABLE[error].sdk.status, code: ERROR_TABLE[error].sdk.code },
      codex: { status: ERROR_TABLE[error].codex.status, code: ERROR_TABLE[error].codex.code },
    });
  }
});

test("an error that a route may answer stands under its status, for every kind of client that may ask", () => {
  for (const { id, path: address, errors } of API_OPERATIONS) {
    const view = operationView(document, slugOf(id));
    const isUnder = (status: number, error: string) => view?.errors.find((entry) => entry.status === String(status))?.names.includes(error);
    const clients = address.startsWith("/v1/") ? (["sdk", "codex"] as const) : (["sdk"] as const);
    for (const error of errors) {
      for (const client of clients) expect(isUnder(ERROR_TABLE[error][client].status, error), `${id} ${error} ${client}`).toBe(true);
    }
  }
});

test("every route handler under app/api/v1 is documented, method by method, and no other is", () => {
  const handlers = readdirSync("app/api/v1", { recursive: true, encoding: "utf8" }).filter((file) => path.basename(file) === "route.ts");
  const served = handlers.flatMap((file) => {
    const address = `/api/v1/${path.dirname(file)}`.replaceAll(/\[(\w+)\]/g, "{$1}");
    return [...readFileSync(path.join("app/api/v1", file), "utf8").matchAll(METHODS)].map(([, method]) => `${method} ${address}`);
  });
  const documented = API_OPERATIONS.filter((operation) => operation.path.startsWith("/api/")).map(
    (operation) => `${operation.method.toUpperCase()} ${operation.path}`,
  );
  expect(documented.toSorted()).toEqual(served.toSorted());
});

test("every kind of route of the gateway is documented, and every documented one is served", () => {
  const kinds: Record<Exclude<Route["kind"], "nothing">, true> = { generation: true, models: true, stored_response: true, mirror: true };
  const routes = API_OPERATIONS.filter((operation) => operation.path.startsWith("/v1/")).map(({ id, method, path: address }) =>
    routeOf({ method: method.toUpperCase(), path: address.replace("{path}", id).replaceAll(/\{(\w+)\}/g, "$1") }),
  );
  expect([...new Set(routes.map(({ kind }) => kind))].toSorted()).toEqual(Object.keys(kinds).toSorted());
  expect(routes.flatMap((route) => (route.kind === "generation" ? route.wire : [])).toSorted()).toEqual(["chat", "responses"]);
});

const REQUESTS = { responses: responsesRequestSchema, chat: chatRequestSchema } as const;

test.each(["responses", "chat"] as const)("%s: the documented fields are those by which requests are routed", (wire: Wire) => {
  expect(Object.keys(REQUESTS[wire].shape).toSorted()).toEqual(Object.keys(CODEX_FIELDS[wire]).toSorted());
});

/** Bounds that the gateway itself keeps. Others are the upstream's. */
const BOUNDED = {
  responses: ["max_output_tokens", "max_tool_calls"],
  chat: ["max_completion_tokens", "max_tokens", "n"],
} as const;

test.each(["responses", "chat"] as const)("%s: numbers are taken up to their documented bounds, and not beyond", (wire) => {
  const view = operationView(document, wire === "responses" ? "create-response" : "create-chat-completion");
  const isTaken = (name: string, value: unknown) => {
    try {
      readFacts(wire, scanBody(Buffer.from(JSON.stringify({ [name]: value }))));
      return true;
    } catch {
      return false;
    }
  };
  for (const name of BOUNDED[wire]) {
    const [, min = "", max = ""] =
      /^([\d,]+) to ([\d,]+)$/.exec(view?.body?.fields.find((field) => field.name === name)?.bounds[0] ?? "") ?? [];
    const [low, high] = [Number(min.replaceAll(",", "")), Number(max.replaceAll(",", ""))];
    expect([low, high, low - 1, high + 1, low + 0.5].map((value) => isTaken(name, value))).toEqual([true, true, false, false, false]);
  }
  expect(isTaken("model", "m".repeat(200))).toBe(true);
  expect(isTaken("model", "m".repeat(201))).toBe(false);
});

test("the documented filter of the request log is the filter of the request log, bounds included", () => {
  expect(Object.keys(filterQuery).toSorted()).toEqual(Object.keys(NO_FILTER).toSorted());
  const problemsOf = (query: string) => readFilter(new URLSearchParams(query)).problems.map(({ param }) => param);
  const models = (count: number) => Array.from({ length: count }, (_, index) => `model=m${index}`).join("&");
  expect([problemsOf(models(20)), problemsOf(models(21))]).toEqual([[], ["model"]]);
  expect([problemsOf(`thread=${"t".repeat(128)}`), problemsOf(`thread=${"t".repeat(129)}`)]).toEqual([[], ["thread"]]);
  expect([problemsOf("minMs=86400000"), problemsOf("minMs=86400001")]).toEqual([[], ["minMs"]]);
});

test("every route has a page of its own, and examples in which no placeholder is left", () => {
  const links = operationGroups(document).flatMap(({ operations }) => operations);
  expect(links.map(({ id }) => id).toSorted()).toEqual(API_OPERATIONS.map(({ id }) => id).toSorted());
  expect(new Set(links.map(({ slug }) => slug)).size).toBe(links.length);
  for (const { slug } of links) {
    const samples = operationView(document, slug)?.samples ?? [];
    expect(samples.map(({ label }) => label).slice(0, 3)).toEqual(["curl", "Python", "Node"]);
    for (const { source } of samples) expect(source).not.toMatch(/https:\/\/gateway\.example\S*\{/);
  }
});
