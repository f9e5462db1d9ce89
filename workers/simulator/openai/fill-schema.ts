import { asObject, type JsonObject } from "@/workers/simulator/openai/read-prompt";

/** Verdicts of the schemas that Codex sends: where a choice is offered, the simulator lets the user go on. */
const PREFERRED = ["allow", "approve", "approved", "low", "none"];
const DEPTH_MAX = 12;

/** The smallest value that fits a JSON Schema, with `title` in every string property of that name. */
export function fillSchema(schema: JsonObject, title: string): unknown {
  return fill({ schema, root: schema, title, name: "", depth: 0 });
}

type Place = { schema: JsonObject; root: JsonObject; title: string; name: string; depth: number };

function fill(place: Place): unknown {
  const { schema, root, title, name, depth } = place;
  if (depth > DEPTH_MAX) return null;
  const at = (inner: unknown, innerName = name): unknown =>
    fill({ schema: asObject(inner) ?? {}, root, title, name: innerName, depth: depth + 1 });

  if (typeof schema.$ref === "string") return at(resolveRef(root, schema.$ref));
  if ("const" in schema) return schema.const;
  if (Array.isArray(schema.enum)) return schema.enum.find((value) => PREFERRED.includes(String(value))) ?? schema.enum[0];
  const choices = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (Array.isArray(choices)) return at(choices[0]);

  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case "string":
      return name === "title" ? title : "Simulated (no model ran).";
    case "integer":
    case "number":
      return typeof schema.minimum === "number" ? schema.minimum : 0;
    case "boolean":
      return false;
    case "array":
      return Array.from({ length: typeof schema.minItems === "number" ? schema.minItems : 0 }, () => at(schema.items));
    case "null":
      return null;
    default:
      return Object.fromEntries(Object.entries(asObject(schema.properties) ?? {}).map(([key, inner]) => [key, at(inner, key)]));
  }
}

function resolveRef(root: JsonObject, ref: string): unknown {
  return ref
    .replace(/^#\/?/, "")
    .split("/")
    .filter((step) => step !== "")
    .reduce<unknown>((value, step) => asObject(value)?.[step], root);
}
