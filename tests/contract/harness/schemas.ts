import { join } from "node:path";
import { Ajv, type ValidateFunction } from "ajv";
import { createGenerator, type Definition } from "ts-json-schema-generator";
import type { WireChatChunk, WireChatCompletion, WireResponse, WireResponsesEvent } from "@/tests/contract/harness/sdk-types";

/**
 * Checks answers against JSON Schemas generated from the `openai` package's own types, so that "what the SDK expects" is never written
 * down by hand. The corrections below are the places where the types and OpenAI's wire differ.
 */
type Schema = Exclude<Definition, boolean> & { properties?: Record<string, Schema | boolean>; required?: string[] };
type Definitions = Record<string, Schema>;

const SCHEMA_ID = "openai";

export function assertResponsesEvent(event: unknown): asserts event is WireResponsesEvent {
  const type = (event as { type?: unknown } | null)?.type;
  const name = typeof type === "string" ? loaded().eventDefinitions.get(type) : undefined;
  if (name === undefined) throw new Error(`No event of the openai SDK has the type ${JSON.stringify(type)}`);
  check(name, event);
}

export function assertResponse(response: unknown): asserts response is WireResponse {
  check("WireResponse", response);
}

export function assertChatChunk(chunk: unknown): asserts chunk is WireChatChunk {
  check("WireChatChunk", chunk);
}

export function assertChatCompletion(completion: unknown): asserts completion is WireChatCompletion {
  check("WireChatCompletion", completion);
}

type Loaded = { ajv: Ajv; eventDefinitions: Map<string, string> };
let once: Loaded | undefined;

function loaded(): Loaded {
  once ??= load();
  return once;
}

function load(): Loaded {
  const schema = createGenerator({
    path: join(import.meta.dirname, "sdk-types.ts"),
    tsconfig: join(import.meta.dirname, "sdk-types.tsconfig.json"),
    type: "*",
    skipTypeCheck: true,
    additionalProperties: true,
  }).createSchema("*");
  const definitions = (schema.definitions ?? {}) as Definitions;
  correct(definitions);

  const ajv = new Ajv({ strict: false, allErrors: true });
  ajv.addSchema(schema, SCHEMA_ID);
  return { ajv, eventDefinitions: eventDefinitions(definitions) };
}

function correct(definitions: Definitions): void {
  const response = definition(definitions, "WireResponse");
  // The SDK computes `output_text`; it is not on the wire.
  response.required = response.required?.filter((name) => name !== "output_text");
  // Null until the response has finished, and null when nobody is named.
  for (const name of ["usage", "user"]) {
    if (response.properties?.[name] === undefined) throw new Error(`The openai SDK's Response has no "${name}" any more`);
    response.properties[name] = { anyOf: [response.properties[name], { type: "null" }] };
  }
}

/** Event type (`response.created`) to the name of its definition. */
function eventDefinitions(definitions: Definitions): Map<string, string> {
  const found = new Map<string, string>();
  for (const choice of definition(definitions, "WireResponsesEvent").anyOf ?? []) {
    const name = decodeURIComponent(String((choice as Schema).$ref).replace("#/definitions/", ""));
    const type = definition(definitions, name).properties?.type;
    if (typeof type === "object" && typeof type.const === "string") found.set(type.const, name);
  }
  return found;
}

function definition(definitions: Definitions, name: string): Schema {
  let found = definitions[name];
  while (found?.$ref) found = definitions[decodeURIComponent(found.$ref.replace("#/definitions/", ""))];
  if (found === undefined) throw new Error(`The openai SDK's types have no ${name}`);
  return found;
}

function check(name: string, value: unknown): void {
  const { ajv } = loaded();
  const validate = ajv.getSchema(`${SCHEMA_ID}#/definitions/${encodeURIComponent(name)}`) as ValidateFunction | undefined;
  if (validate === undefined) throw new Error(`No schema for ${name}`);
  if (validate(value)) return;
  const errors = (validate.errors ?? []).slice(0, 8).map((error) => `${error.instancePath || "/"} ${error.message}`);
  throw new Error(`Not a ${name}: ${errors.join("; ")}\n${JSON.stringify(value).slice(0, 2_000)}`);
}
