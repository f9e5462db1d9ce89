import { asDict, asList } from "@/lib/turns/json-value";
import type { Dict } from "@/lib/turns/json-value";

/** Keywords that Codex takes out of a function's parameters before the model sees them. */
const LOST_KEYWORDS = new Set([
  "exclusiveMaximum",
  "exclusiveMinimum",
  "format",
  "maximum",
  "maxItems",
  "maxLength",
  "maxProperties",
  "minimum",
  "minLength",
  "minProperties",
  "multipleOf",
  "pattern",
  "patternProperties",
  "uniqueItems",
]);

const SCHEMA_MAPS = ["properties", "$defs", "definitions"];
const SCHEMA_LISTS = ["anyOf", "oneOf", "allOf", "prefixItems"];
const SCHEMAS = ["items", "additionalProperties", "not"];

/** Sorted, each once. */
export function lostKeywords(schema: unknown): string[] {
  const found = new Set<string>();
  eachSchema(schema, (node) => {
    for (const key of Object.keys(node)) if (LOST_KEYWORDS.has(key)) found.add(key);
  });
  return [...found].toSorted();
}

/** What OpenAI's strict mode takes: closed objects, of which every property is required. */
export function isStrictSchema(schema: unknown): boolean {
  if (asDict(schema) === null) return false;
  let strict = true;
  eachSchema(schema, (node) => {
    const properties = asDict(node["properties"]);
    const isObject = node["type"] === "object" || asList(node["type"]).includes("object") || properties !== null;
    if (!isObject) return;
    const required = new Set(asList(node["required"]));
    if (node["additionalProperties"] !== false || Object.keys(properties ?? {}).some((name) => !required.has(name))) strict = false;
  });
  return strict;
}

/** The body's own limits on nesting and on values bound this walk. */
function eachSchema(schema: unknown, visit: (node: Dict) => void): void {
  const node = asDict(schema);
  if (node === null) return;
  visit(node);
  for (const key of SCHEMA_MAPS) for (const inner of Object.values(asDict(node[key]) ?? {})) eachSchema(inner, visit);
  for (const key of SCHEMA_LISTS) for (const inner of asList(node[key])) eachSchema(inner, visit);
  for (const key of SCHEMAS) eachSchema(node[key], visit);
}
