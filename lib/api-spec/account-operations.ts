import { z } from "zod";
import {
  holdsQuery,
  lanesSchema,
  lastUseSchema,
  liveSchema,
  meSchema,
  publicCodexSchema,
  shortKeySchema,
  signInSchema,
  usageQuery,
  usageSchema,
  walletSchema,
} from "@/lib/api-spec/account-schemas";
import { KEY_ERRORS } from "@/lib/api-spec/gateway-operations";
import type { HeaderName } from "@/lib/api-spec/headers";
import type { ApiAnswer, ApiOperation } from "@/lib/api-spec/operation";
import { filterQuery, requestDetailSchema, requestPageSchema } from "@/lib/api-spec/request-log-schemas";
import { cursorQuery, id, instantQuery } from "@/lib/api-spec/shared-schemas";
import { EXPORT_FORMATS } from "@/lib/requests/export-requests";

const HEADERS: readonly HeaderName[] = ["x-request-id", "cache-control", "x-switchyard-simulated"];
const DOWNLOADED: readonly HeaderName[] = [...HEADERS, "content-disposition"];

const EXPORT_WORDS =
  "A file that is made while it is taken. Ten exports in ten minutes are the most. Texts that a spreadsheet would run are escaped.";

const LEDGER_WORDS =
  "amount_usd adds up to the balance, which balance_usd is right after each line. available_change_usd and held_change_usd are there with holds=true: they add up to what is available and what is held, and without the lines of the holds they would not.";

/** Which keys may read it: those that may read the account, or all, each what it did itself. */
type Scope = "account" | "requests" | "me";

const SCOPE_WORDS: Record<Scope, string> = {
  account: "An API key needs the right to read the account.",
  requests: "An API key without the right to read the account sees what it did itself, and nothing else.",
  me: "An API key without the right to read the account is not told the balance.",
};

type Read = Pick<ApiOperation, "id" | "path" | "tag" | "summary" | "description"> &
  Partial<Pick<ApiOperation, "params" | "query" | "errors">> & { scope: Scope; answer: z.ZodType | Record<string, z.ZodType> };

/** What is read with an API key, or by who is signed in. */
function read({ scope, answer, errors = [], description, ...operation }: Read): ApiOperation {
  const isFile = !(answer instanceof z.ZodType);
  const only: ApiAnswer = {
    status: 200,
    description: isFile ? "The file." : "What there is.",
    headers: isFile ? DOWNLOADED : HEADERS,
    content: isFile ? answer : { "application/json": answer },
  };
  return {
    ...operation,
    description: `${description} ${SCOPE_WORDS[scope]}`,
    method: "get",
    access: "key_or_session",
    answers: [only],
    errors: [...new Set([...KEY_ERRORS, "rate_limited" as const, ...(scope === "account" ? (["forbidden"] as const) : []), ...errors])],
  };
}

const csv = (description: string) => z.string().meta({ description });

export const ACCOUNT_OPERATIONS: readonly ApiOperation[] = [
  read({
    id: "getMe",
    scope: "me",
    path: "/api/v1/me",
    tag: "Account",
    summary: "Get who you are",
    description: "The owner of the key, and the balance.",
    answer: meSchema,
  }),
  read({
    id: "getWallet",
    scope: "account",
    path: "/api/v1/wallet",
    tag: "Wallet and usage",
    summary: "List what went through the wallet",
    description: "The balance and the ledger, each line with the balance right after it.",
    query: z.object({ ...cursorQuery, ...holdsQuery }),
    answer: walletSchema,
    errors: ["request_invalid"],
  }),
  read({
    id: "exportWallet",
    scope: "account",
    path: "/api/v1/wallet/export",
    tag: "Wallet and usage",
    summary: "Export the ledger",
    description: `${LEDGER_WORDS} ${EXPORT_WORDS}`,
    query: z.object(holdsQuery),
    answer: { "text/csv": csv("A line with the names, then a line each, newest first.") },
    errors: ["rate_limited"],
  }),
  read({
    id: "getUsage",
    scope: "requests",
    path: "/api/v1/usage",
    tag: "Wallet and usage",
    summary: "Get usage",
    description:
      "Requests, tokens and money. Days begin at midnight of the zone, also where a change of the clock makes them 23 or 25 hours long.",
    query: z.object(usageQuery),
    answer: usageSchema,
    errors: ["request_invalid"],
  }),
  read({
    id: "exportUsage",
    scope: "requests",
    path: "/api/v1/usage/export",
    tag: "Wallet and usage",
    summary: "Export usage",
    description: `The series of GET /api/v1/usage, with every group. ${EXPORT_WORDS}`,
    query: z.object(usageQuery),
    answer: { "text/csv": csv("A line with the names, then a line for each bucket and group.") },
    errors: ["request_invalid", "rate_limited"],
  }),
  read({
    id: "getLiveUsage",
    scope: "account",
    path: "/api/v1/usage/live",
    tag: "Wallet and usage",
    summary: "Get what runs",
    description: "The requests of this moment, and how long the wallet lasts at the pace of the last 24 hours, and of the last minutes.",
    answer: liveSchema,
  }),
  read({
    id: "listRequests",
    scope: "requests",
    path: "/api/v1/requests",
    tag: "Request log",
    summary: "List requests",
    description:
      "The request log, newest first; without range, from and to everything that is kept. A parameter that makes no sense is refused.",
    query: z.object({ ...cursorQuery, ...filterQuery }),
    answer: requestPageSchema,
    errors: ["request_invalid", "forbidden"],
  }),
  read({
    id: "getRequest",
    scope: "requests",
    path: "/api/v1/requests/{requestId}",
    tag: "Request log",
    summary: "Get a request",
    description: "One request with its bill, its hold and what went through the wallet. Somebody else's does not exist.",
    params: z.object({ requestId: id("req", "As x-request-id named it.") }),
    answer: requestDetailSchema,
    errors: ["not_found"],
  }),
  read({
    id: "exportRequests",
    scope: "requests",
    path: "/api/v1/requests/export",
    tag: "Request log",
    summary: "Export requests",
    description: `Every request of the filter that had begun, newest first; without range, from and to the last seven days, as on the screen. One that still runs is in it if it ends before the file has come to it. ${EXPORT_WORDS}`,
    query: z.object({
      format: z
        .enum(EXPORT_FORMATS)
        .default("csv")
        .meta({ description: "ndjson: a JSON object per line, as GET /api/v1/requests has them." }),
      ...filterQuery,
      range: filterQuery.range.unwrap().default("7d").meta({ description: "Up to now. from and to take its place." }),
    }),
    answer: { "text/csv": csv("A line with the names, then a line each."), "application/x-ndjson": csv("A JSON object per line.") },
    errors: ["request_invalid", "forbidden", "rate_limited"],
  }),
  read({
    id: "listLanes",
    scope: "account",
    path: "/api/v1/lanes",
    tag: "Lanes",
    summary: "List lanes",
    description: "In your order, with the usage windows of the Codex lanes as OpenAI last reported them.",
    answer: lanesSchema,
  }),
  read({
    id: "getSignIn",
    scope: "account",
    path: "/api/v1/lanes/{laneId}/sign-in",
    tag: "Lanes",
    summary: "Get the sign-in of a Codex lane",
    description: "The newest one.",
    params: z.object({ laneId: id("lane", "A Codex lane.") }),
    answer: signInSchema,
    errors: ["not_found"],
  }),
  read({
    id: "getLastUse",
    scope: "requests",
    path: "/api/v1/keys/{keyId}/last-request",
    tag: "Keys and setup",
    summary: "Get the last request of a key",
    description: "With the first one that was answered since then: for a setup that waits for it.",
    params: z.object({ keyId: id("key", "One of your API keys.") }),
    query: z.object({
      since: instantQuery("Nothing before this instant counts."),
    }),
    answer: lastUseSchema,
    errors: ["not_found", "request_invalid"],
  }),
  {
    id: "createShortKey",
    method: "post",
    path: "/api/v1/keys/short-lived",
    tag: "Keys and setup",
    summary: "Exchange a helper's secret for a key",
    description:
      "For the helper behind Codex's auth.command. The key lives ten minutes, counts on the one that it stands for, and ends with it.",
    access: "helper",
    answers: [
      {
        status: 200,
        description: "The key. With accept: text/plain the key and nothing else.",
        headers: HEADERS,
        content: { "application/json": shortKeySchema, "text/plain": z.string().meta({ description: "The key and a line end." }) },
      },
    ],
    errors: KEY_ERRORS,
    notTried: true,
  },
  {
    id: "getPublicCodex",
    method: "get",
    path: "/api/v1/cli/public-codex",
    tag: "Keys and setup",
    summary: "Get the Codex configuration",
    description: "For programs that set Codex up. Nothing in it is secret or anybody's own, so every page may read it.",
    access: "nobody",
    answers: [
      { status: 200, description: "The configuration.", headers: ["cache-control"], content: { "application/json": publicCodexSchema } },
    ],
    errors: [],
  },
];
