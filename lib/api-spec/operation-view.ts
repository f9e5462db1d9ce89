import type { ApiDocument } from "@/lib/api-spec/api-document";
import type { CodeSample } from "@/lib/api-spec/code-samples";
import { type FieldView, fieldsOf, fieldView, resolveSchema, type SchemaNode } from "@/lib/api-spec/fields-of";

/** One route of the document, as its page shows it. */
export type OperationView = {
  id: string;
  /** In the page's address. */
  slug: string;
  method: string;
  path: string;
  tag: string;
  summary: string;
  description: string;
  access: string;
  /** With whose credential it is tried; null: with none. */
  credential: "apiKey" | "helperSecret" | null;
  parameters: { in: "path" | "query" | "header"; fields: FieldView[] }[];
  body: { description: string; fields: FieldView[]; example: Record<string, unknown> } | null;
  answers: {
    status: string;
    description: string;
    media: { type: string; description: string; fields: FieldView[] }[];
    headers: FieldView[];
  }[];
  errors: { status: string; names: string[] }[];
  samples: CodeSample[];
  canTry: boolean;
  canStream: boolean;
};

export type OperationLink = Pick<OperationView, "id" | "slug" | "method" | "path" | "summary">;

type Media = { schema?: SchemaNode; example?: Record<string, unknown> };
type Answer = {
  description: string;
  content?: Record<string, Media>;
  headers?: Record<string, { $ref: string }>;
  "x-switchyard-errors"?: string[];
};
type Operation = {
  operationId: string;
  tags: string[];
  summary: string;
  description: string;
  security: Record<string, unknown>[];
  parameters?: { in: "path" | "query" | "header"; name: string; required?: boolean; description?: string; schema: SchemaNode }[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, Answer>;
  "x-codeSamples": CodeSample[];
  "x-switchyard-try": boolean;
};

const METHODS = ["get", "post", "delete"] as const;

/** By tag, in the order of the document. */
export function operationGroups(document: ApiDocument): { tag: string; about: string; operations: OperationLink[] }[] {
  const all = operationsOf(document);
  return (document.tags ?? []).map(({ name, description }) => ({
    tag: name,
    about: description ?? "",
    operations: all
      .filter(({ operation }) => operation.tags.includes(name))
      .map(({ method, path, operation: { operationId, summary } }) => ({
        id: operationId,
        slug: slugOf(operationId),
        method,
        path,
        summary,
      })),
  }));
}

/** Null: there is no such route. */
export function operationView(document: ApiDocument, slug: string): OperationView | null {
  const found = operationsOf(document).find(({ operation }) => slugOf(operation.operationId) === slug);
  if (!found) return null;
  const { method, path, operation } = found;
  const { operationId, tags, summary, description, security, parameters = [], requestBody, responses } = operation;
  const body = requestBody?.content["application/json"];
  const credentials = security.flatMap((requirement) => Object.keys(requirement));
  return {
    id: operationId,
    slug,
    method,
    path,
    tag: tags[0] ?? "",
    summary,
    description,
    access: accessWords(credentials),
    credential: credentials.find((name) => name === "apiKey" || name === "helperSecret") ?? null,
    parameters: (["path", "query", "header"] as const)
      .map((place) => ({
        in: place,
        fields: parameters
          .filter((parameter) => parameter.in === place)
          .map(({ name, schema, required, description: words }) => ({
            ...fieldView(document, name, { ...schema, description: words ?? schema.description }, name),
            isRequired: required ?? false,
          })),
      }))
      .filter(({ fields }) => fields.length > 0),
    body: body?.schema
      ? {
          description: resolveSchema(document, body.schema).description ?? "",
          fields: fieldsOf(document, body.schema),
          example: body.example ?? {},
        }
      : null,
    answers: Object.entries(responses)
      .filter(([status]) => Number(status) < 400)
      .map(([status, answer]) => ({
        status,
        description: answer.description,
        media: Object.entries(answer.content ?? {}).map(([type, { schema = {} }]) => ({
          type,
          description: resolveSchema(document, schema).description ?? "",
          fields: fieldsOf(document, schema),
        })),
        headers: Object.entries(answer.headers ?? {}).map(([name, { $ref }]) => headerField(document, name, $ref)),
      })),
    errors: Object.entries(responses)
      .filter(([status]) => Number(status) >= 400)
      .map(([status, answer]) => ({ status, names: answer["x-switchyard-errors"] ?? [] })),
    samples: operation["x-codeSamples"],
    canTry: operation["x-switchyard-try"],
    canStream: Object.values(responses).some(({ content }) => content?.["text/event-stream"]),
  };
}

function operationsOf(document: ApiDocument): { method: string; path: string; operation: Operation }[] {
  return Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method] as Operation | undefined;
      return operation ? [{ method: method.toUpperCase(), path, operation }] : [];
    }),
  );
}

/** `createResponse` has its page at `create-response`. */
export function slugOf(operationId: string): string {
  return operationId.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function accessWords(credentials: readonly string[]): string {
  if (credentials.includes("helperSecret")) return "The secret of a key helper, as authorization: Bearer.";
  if (credentials.includes("session")) return "An API key as authorization: Bearer, or the browser's session.";
  if (credentials.includes("apiKey")) return "An API key as authorization: Bearer.";
  return "Nothing: it is public.";
}

function headerField(document: ApiDocument, name: string, ref: string): FieldView {
  const header = document.components?.headers?.[ref.replace("#/components/headers/", "")];
  const description = header && "description" in header ? (header.description ?? "") : "";
  return { name, path: name, type: "string", isRequired: false, description, bounds: [], fields: [] };
}
