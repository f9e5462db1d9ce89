import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject, type ZodOpenApiResponsesObject } from "zod-openapi";
import type { z } from "zod";
import { ACCOUNT_OPERATIONS } from "@/lib/api-spec/account-operations";
import { codeSamples } from "@/lib/api-spec/code-samples";
import { documentedErrors, errorAnswers, headerComponents, headerRefs } from "@/lib/api-spec/error-answers";
import { GATEWAY_OPERATIONS } from "@/lib/api-spec/gateway-operations";
import { REQUEST_HEADERS } from "@/lib/api-spec/headers";
import type { Access, ApiAnswer, ApiOperation } from "@/lib/api-spec/operation";
import type { SetupTarget } from "@/lib/codex/setup-config";

export type ApiDocument = ReturnType<typeof createDocument>;

/** Of the interface: its major part is the `v1` of the addresses. */
const VERSION = "1.0.0";

const TAGS = [
  { name: "Responses", description: "What Codex and newer clients speak." },
  { name: "Chat", description: "What most other clients speak." },
  { name: "Models", description: "What a key may use." },
  { name: "Your own key", description: "Everything else of OpenAI's API." },
  { name: "Account", description: "Who you are." },
  { name: "Wallet and usage", description: "What was spent, and on what." },
  { name: "Request log", description: "What happened, request by request." },
  { name: "Lanes", description: "Where requests go." },
  { name: "Keys and setup", description: "For programs that set clients up." },
];

export const API_OPERATIONS: readonly ApiOperation[] = [...GATEWAY_OPERATIONS, ...ACCOUNT_OPERATIONS];

/** OpenAPI 3.1 of everything that is served. `model`: one that examples may name. */
export function apiDocument({ model, ...target }: SetupTarget & { model: string }): ApiDocument {
  const paths: ZodOpenApiPathsObject = {};
  for (const operation of API_OPERATIONS) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: operationObject(operation, model, target) };
  }
  return createDocument(
    {
      openapi: "3.1.0",
      info: {
        title: `${target.brandName} API`,
        version: VERSION,
        description:
          "One OpenAI-compatible address in front of your own ordered lanes. The addresses under /v1 are OpenAI's: give OpenAI's libraries the server's address with /v1 as their base URL. Those under /api/v1 tell of your account. Money is a decimal string in US dollars, a time is ISO 8601 in UTC, and every answer names its request in x-request-id. Independent software, not affiliated with OpenAI.",
      },
      servers: [{ url: target.publicUrl }],
      tags: TAGS,
      paths,
      components: {
        headers: headerComponents(),
        securitySchemes: {
          apiKey: { type: "http", scheme: "bearer", description: `An API key, made at ${target.publicUrl}/dashboard/keys.` },
          helperSecret: { type: "http", scheme: "bearer", description: "The secret of a key helper, as the setup wrote it." },
          session: {
            type: "apiKey",
            in: "cookie",
            name: `${target.publicUrl.startsWith("https:") ? "__Secure-" : ""}next-auth.session-token`,
            description: "The browser's own, when somebody is signed in.",
          },
        },
      },
      "x-switchyard-errors": documentedErrors(),
    },
    {
      // Answers may grow by a field at any time, so none of them says that there are no others.
      override: ({ jsonSchema, io }) => {
        if (io === "output" && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
      },
    },
  );
}

const SECURITY: Readonly<Record<Access, Record<string, string[]>[]>> = {
  key: [{ apiKey: [] }],
  key_or_session: [{ apiKey: [] }, { session: [] }],
  helper: [{ helperSecret: [] }],
  nobody: [],
};

function operationObject(operation: ApiOperation, model: string, target: SetupTarget): ZodOpenApiOperationObject {
  const { id, tag, summary, description, access, params, query, headers = [], body, answers, errors, path } = operation;
  const names = exampleParams(params);
  const example = body ? withModel(body.example, operation, model) : null;
  const address = `${target.publicUrl}${path.replaceAll(/\{(\w+)\}/g, (_, name: string) => names[name] ?? "")}`;
  return {
    operationId: id,
    tags: [tag],
    summary,
    description,
    security: SECURITY[access],
    requestParams: { ...(params && { path: params }), ...(query && { query }) },
    ...(headers.length > 0 && {
      parameters: headers.map((name) => ({
        name,
        in: "header" as const,
        description: REQUEST_HEADERS[name],
        schema: { type: "string" as const },
      })),
    }),
    ...(body && example && { requestBody: { required: true, content: { "application/json": { schema: body.schema, example } } } }),
    responses: {
      ...(Object.fromEntries(answers.map((answer) => [String(answer.status), answerObject(answer)])) as ZodOpenApiResponsesObject),
      ...errorAnswers(errors, path.startsWith("/v1/") ? ["sdk", "codex"] : ["sdk"]),
    },
    "x-codeSamples": codeSamples(operation, { address, params: names, body: example }, target),
    "x-switchyard-try": !operation.notTried,
  };
}

function answerObject({
  description,
  headers = [],
  content = {},
  event,
}: ApiAnswer): ZodOpenApiResponsesObject[`${1 | 2 | 3 | 4 | 5}${string}`] {
  const media = Object.entries(content).map(([type, schema]) => [type, { schema }] as const);
  return {
    description,
    headers: headerRefs(headers),
    ...(media.length > 0 && {
      content: {
        ...Object.fromEntries(media),
        ...(event && { "text/event-stream": { schema: event } }),
      },
    }),
  };
}

function exampleParams(params: z.ZodObject | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(params?.shape ?? {}).map(([name, field]) => [name, exampleOf(field as z.ZodType) ?? name]));
}

/** The gateway's own generation routes; other examples name their models themselves. */
function withModel(example: Readonly<Record<string, unknown>>, { path }: ApiOperation, model: string): Record<string, unknown> {
  return path === "/v1/responses" || path === "/v1/chat/completions" ? { model, ...example } : { ...example };
}

function exampleOf(field: z.ZodType): string | null {
  const example = field.meta()?.example;
  return typeof example === "string" ? example : null;
}
