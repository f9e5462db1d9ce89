import type { ApiDocument } from "@/lib/api-spec/api-document";

/** One field of a schema as people read it. */
export type FieldView = {
  name: string;
  /** From the schema's root: `input[].content`. */
  path: string;
  type: string;
  isRequired: boolean;
  description: string;
  /** Bounds, choices, default. */
  bounds: string[];
  fields: FieldView[];
};

/** What is read of a JSON Schema here. */
export type SchemaNode = {
  $ref?: string;
  type?: string | string[];
  description?: string;
  properties?: Record<string, SchemaNode>;
  required?: string[];
  items?: SchemaNode;
  anyOf?: SchemaNode[];
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  maxItems?: number;
  format?: string;
};

const DEPTH_MAX = 6;

export function fieldsOf(document: ApiDocument, schema: SchemaNode, path = "", depth = 0): FieldView[] {
  if (depth > DEPTH_MAX) return [];
  const node = resolveSchema(document, schema);
  if (node.items) return fieldsOf(document, node.items, `${path}[]`, depth);
  if (node.anyOf) return merged(node.anyOf.map((choice) => fieldsOf(document, choice, path, depth)));
  return Object.entries(node.properties ?? {}).map(([name, property]) => {
    const own = `${path}${path === "" ? "" : "."}${name}`;
    return { ...fieldView(document, name, property, own, depth), isRequired: node.required?.includes(name) ?? false };
  });
}

export function fieldView(document: ApiDocument, name: string, schema: SchemaNode, path: string, depth = 0): FieldView {
  const node = resolveSchema(document, schema);
  const inner = (node.anyOf ?? []).map((choice) => resolveSchema(document, choice)).find(({ type }) => type !== "null");
  return {
    name,
    path,
    type: typeWords(document, node),
    isRequired: false,
    description: schema.description ?? node.description ?? inner?.description ?? "",
    bounds: boundsOf(document, node),
    fields: fieldsOf(document, node, path, depth + 1),
  };
}

export function resolveSchema(document: ApiDocument, schema: SchemaNode): SchemaNode {
  const name = schema.$ref?.replace("#/components/schemas/", "");
  return name === undefined ? schema : (document.components?.schemas?.[name] ?? {});
}

function typeWords(document: ApiDocument, schema: SchemaNode): string {
  const node = resolveSchema(document, schema);
  if (node.anyOf) return [...new Set(node.anyOf.map((choice) => typeWords(document, choice)))].join(" or ");
  if (node.const !== undefined) return JSON.stringify(node.const);
  if (node.items) return `array of ${plural(typeWords(document, node.items))}`;
  return [node.type ?? "anything"].flat().join(" or ");
}

function plural(type: string): string {
  return /^(string|integer|number|boolean|object|array)$/.test(type) ? `${type}s` : type;
}

function boundsOf(document: ApiDocument, node: SchemaNode): string[] {
  const inner = (node.anyOf ?? []).map((choice) => resolveSchema(document, choice)).filter(({ type }) => type !== "null");
  if (inner.length > 0) return inner.flatMap((choice) => boundsOf(document, choice));
  const words: string[] = [];
  const choices = node.enum ?? (node.items && resolveSchema(document, node.items).enum);
  if (choices) words.push(`one of ${choices.join(", ")}`);
  const range = rangeWords(node.minimum, limit(node.maximum), "");
  if (range) words.push(range);
  const length = rangeWords(node.minLength, node.maxLength, " characters");
  if (length) words.push(length);
  if (node.maxItems !== undefined) words.push(`at most ${node.maxItems} entries`);
  if (node.default !== undefined) words.push(`default ${JSON.stringify(node.default)}`);
  return words;
}

/** The largest number that JSON carries exactly bounds nothing that anybody would send. */
function limit(maximum: number | undefined): number | undefined {
  return maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum;
}

function rangeWords(min: number | undefined, max: number | undefined, unit: string): string | null {
  const shown = (value: number) => value.toLocaleString("en");
  if (min !== undefined && max !== undefined) return `${shown(min)} to ${shown(max)}${unit}`;
  if (max !== undefined) return `at most ${shown(max)}${unit}`;
  return min !== undefined && min > 0 ? `at least ${shown(min)}${unit}` : null;
}

/** Of several forms of one value: each field once. */
function merged(lists: readonly FieldView[][]): FieldView[] {
  const found = new Map<string, FieldView>();
  for (const field of lists.flat()) if (!found.has(field.path)) found.set(field.path, field);
  return [...found.values()];
}
