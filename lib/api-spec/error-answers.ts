import type { ZodOpenApiResponsesObject } from "zod-openapi";
import { HEADERS, type HeaderName } from "@/lib/api-spec/headers";
import { errorSchema } from "@/lib/api-spec/shared-schemas";
import type { AppErrorCode } from "@/lib/errors/app-error";
import { ERROR_ADVICE } from "@/lib/openai/error-advice";
import { ERROR_TABLE, type ErrorFace } from "@/lib/openai/error-table";

/** One row of the table of errors, as it stands in the document. */
export type DocumentedError = {
  error: AppErrorCode;
  when: string;
  todo: string;
  sdk: DocumentedFace;
  codex: DocumentedFace & { requests: string; inStream: string };
};

export type DocumentedFace = { status: number; code: string | null; type: string; retryAfter: boolean; final: boolean; resetsAt: boolean };

export function documentedErrors(): DocumentedError[] {
  return (Object.keys(ERROR_TABLE) as AppErrorCode[]).map((error) => {
    const { when, sdk, codex, codexRequests, codexInStream } = ERROR_TABLE[error];
    return {
      error,
      when,
      todo: ERROR_ADVICE[error],
      sdk: face(sdk),
      codex: { ...face(codex), requests: codexRequests, inStream: codexInStream },
    };
  });
}

function face({ status, code, type, retryAfter, final, usageLimit }: ErrorFace): DocumentedFace {
  return { status, code, type, retryAfter: retryAfter ?? false, final: final ?? false, resetsAt: usageLimit ?? false };
}

/** A status with all the errors that may stand behind it. Outside of `/v1` no Codex asks, and everybody sees the plain statuses. */
export function errorAnswers(errors: readonly AppErrorCode[], clients: readonly ("sdk" | "codex")[]): ZodOpenApiResponsesObject {
  const byStatus = new Map<number, Set<AppErrorCode>>();
  for (const error of errors) {
    for (const client of clients) {
      const { status } = ERROR_TABLE[error][client];
      byStatus.set(status, (byStatus.get(status) ?? new Set()).add(error));
    }
  }
  return Object.fromEntries(
    [...byStatus].map(([status, found]) => [
      String(status),
      {
        description: [...found].map((error) => `${error}: ${ERROR_TABLE[error].when}.`).join("\n\n"),
        headers: headerRefs(errorHeaders([...found], clients)),
        content: { "application/json": { schema: errorSchema } },
        "x-switchyard-errors": [...found],
      },
    ]),
  );
}

function errorHeaders(errors: readonly AppErrorCode[], clients: readonly ("sdk" | "codex")[]): HeaderName[] {
  const faces = errors.flatMap((error) => clients.map((client) => ({ client, ...ERROR_TABLE[error][client] })));
  const names: HeaderName[] = ["x-request-id", "x-switchyard-simulated"];
  if (faces.some(({ retryAfter }) => retryAfter)) names.push("retry-after");
  if (faces.some(({ final }) => final)) names.push("x-should-retry");
  if (faces.some(({ usageLimit, client }) => usageLimit && client === "codex")) names.push("x-codex-promo-message");
  if (faces.some(({ status }) => status === 426)) names.push("upgrade");
  return names;
}

export function headerRefs(names: readonly HeaderName[]): Record<string, { $ref: `#/components/headers/${string}` }> {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${componentName(name)}` as const }]));
}

/** Names of components hold letters, digits and `.-_` only. */
function componentName(header: HeaderName): string {
  return header.replace("*", "any");
}

export function headerComponents(): Record<string, { description: string; schema: { type: "string" }; example: string }> {
  return Object.fromEntries(
    (Object.keys(HEADERS) as HeaderName[]).map((name) => [componentName(name), { ...HEADERS[name], schema: { type: "string" } }]),
  );
}
