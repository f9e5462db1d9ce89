import { z } from "zod";
import {
  count,
  flag,
  id,
  instant,
  instantQuery,
  LANE_KIND_WORDS,
  nextCursor,
  text,
  tokensSchema,
  usd,
} from "@/lib/api-spec/shared-schemas";
import type { RequestDetail } from "@/lib/requests/read-detail";
import type { RequestPage, RequestView } from "@/lib/requests/read";
import { LANE_KINDS, OUTCOMES, RANGES, REQUEST_KINDS } from "@/lib/requests/request-filter";

const ms = (description: string) => count(`${description} In milliseconds.`);

const laneSchema = z
  .object({
    id: id("lane", "The lane."),
    kind: text(LANE_KIND_WORDS),
    label: z.string().nullable().meta({ description: "Its name. Null: it has been removed since." }),
  })
  .meta({ id: "RequestLane" });

const decisionSchema = z
  .object({
    laneId: text("The lane."),
    laneKind: z.enum(["codex", "api_key", "wallet"]).meta({ description: LANE_KIND_WORDS }),
    label: text("Its name at that time."),
    decision: z.enum(["answered", "declined", "skipped"]).meta({ description: "declined: it was asked; skipped: it was not." }),
    reason: z.string().nullable().meta({ description: "Why not." }),
    evidence: z.string().nullable().meta({ description: "By what that is known." }),
  })
  .meta({ id: "LaneDecision" });

const attemptSchema = z
  .object({
    attemptNo: count("1 is the first."),
    lane: laneSchema,
    outcome: text("answered, declined, failed or ambiguous."),
    reason: z.string().nullable().meta({ description: "Why it did not answer." }),
    upstreamStatus: z.int().nullable().meta({ description: "The upstream's HTTP status." }),
    offsetMs: ms("From the request's start to this attempt's."),
    durationMs: ms("How long it took."),
    queuedMs: ms("How long it stood in a Codex lane's line. Null: in none.").nullable(),
    firstByteMs: ms("From its start to its first byte.").nullable(),
    tokens: tokensSchema,
    costUsd: usd("What it cost the wallet."),
  })
  .meta({ id: "Attempt", description: "One try on one lane." });

const requestShape = {
  id: id("req", "The request."),
  userId: id("usr", "Its owner."),
  keyId: id("key", "The API key that it came with."),
  startedAt: instant("When it came in."),
  durationMs: ms("From its first to its last byte."),
  firstByteMs: ms("Until the upstream's first byte.").nullable(),
  firstContentMs: ms("Until the first content for the client.").nullable(),
  method: text("HTTP method."),
  path: text("Address, without its query."),
  stream: flag("A stream was asked for."),
  model: z.string().nullable().meta({ description: "The model that was asked for." }),
  servedModel: z.string().nullable().meta({ description: "The model that the upstream named." }),
  lane: laneSchema.nullable(),
  outcome: z.string().meta({ description: `${OUTCOMES.join(", ")}.` }),
  status: count("The HTTP status that the client got."),
  errorCode: z.string().nullable().meta({ description: "The error, by its name in the table of errors." }),
  errorText: z.string().nullable().meta({ description: "The error's text, as the client saw it." }),
  tokens: tokensSchema,
  webSearchCalls: count("Calls of the hosted web search."),
  estimated: flag("The counts are ours: the upstream did not report any."),
  costUsd: usd("Charged to the wallet."),
  costOnWalletUsd: usd("What the same tokens would have cost on the wallet. Null: it does not sell the model.").nullable(),
  client: text("codex or sdk."),
  projectId: z
    .string()
    .nullable()
    .meta({ description: "Groups the requests of one working directory or session. Null: nothing was told." }),
  labels: z.object({
    requestKind: z.string().nullable().meta({ description: "What Codex made it for: turn, compaction, …" }),
    threadSource: z.string().nullable().meta({ description: "Where Codex's thread comes from." }),
    threadId: z.string().nullable().meta({ description: "Codex's thread." }),
    turnId: z.string().nullable().meta({ description: "Codex's turn." }),
    subagent: z.string().nullable().meta({ description: "Codex's subagent." }),
  }),
  decisions: z.array(decisionSchema).meta({ description: "One per lane of the plan, in order." }),
  edits: z.array(z.string()).meta({ description: "What was changed in the forwarded body, one note each." }),
  queuedMs: ms("How long it stood in line for Codex lanes. Null: in none.").nullable(),
  spillReason: z.string().nullable().meta({ description: "Why a paid lane took it from the Codex lanes above. Null: none did." }),
  attempts: z.array(attemptSchema).meta({ description: "In order." }),
};

const requestSchema = z
  .object(requestShape)
  .meta({ id: "Request", description: "One line of the request log. Prompts are not stored." }) satisfies z.ZodType<RequestView>;

export const requestPageSchema = z
  .object({ rows: z.array(requestSchema).meta({ description: "Newest first." }), nextCursor })
  .meta({ id: "RequestPage" }) satisfies z.ZodType<RequestPage>;

const costLineSchema = z.object({
  what: z.enum(["fresh input", "cached input", "cache write", "output", "web search"]).meta({ description: "What was counted." }),
  count: count("So many."),
  rateUsd: usd("Per million tokens, or per call of the web search."),
  usd: usd("Exact."),
});

const transferSchema = z.object({
  id: id("tr", "The transfer."),
  kind: text("hold, settle, void, expire, late_usage or adjustment."),
  at: instant("When."),
  availableUsd: usd("What it changed of the available money.").nullable(),
  heldUsd: usd("What it changed of the held money.").nullable(),
});

export const requestDetailSchema = z
  .object({
    ...requestShape,
    keyName: text("The key's name."),
    bill: z
      .object({
        price: z.object({ model: text("The price's model."), version: count("The price's version.") }),
        lines: z.array(costLineSchema),
        computedUsd: usd("The lines, summed and rounded up to the micro-dollar. The charge is never above the hold, so it may be less."),
      })
      .nullable()
      .meta({ description: "How the cost was computed. Null on lanes that cost nothing here." }),
    hold: z
      .object({
        id: id("hold", "The hold."),
        amountUsd: usd("The most that the request could cost."),
        state: text("placed, settled, voided or expired."),
        placedAt: instant("When."),
        endedAt: instant("When it ended.").nullable(),
      })
      .nullable()
      .meta({ description: "Money that was reserved for it. Null: none." }),
    transfers: z.array(transferSchema).meta({ description: "What went through the wallet for it, in order." }),
  })
  .meta({ id: "RequestDetail" }) satisfies z.ZodType<RequestDetail>;

const many = (value: z.ZodType, description: string) =>
  z
    .array(value)
    .max(20)
    .optional()
    .meta({ description: `${description} May stand several times: any of them.` });
const name = z.string().max(128);

/** The filter of the request log, as `lib/requests/request-filter.ts` reads it. */
export const filterQuery = {
  range: z.enum(RANGES).default("all").meta({ description: "Up to now. from and to take its place." }),
  from: instantQuery("Not before this instant."),
  to: instantQuery("Before this instant."),
  model: many(name, "The model that was asked for."),
  key: many(name, "The id of an API key."),
  lane: many(name, "The id of a lane."),
  laneKind: many(z.enum(LANE_KINDS), `${LANE_KIND_WORDS} none: no lane answered.`),
  outcome: many(z.enum(OUTCOMES), "How it ended."),
  status: z
    .string()
    .regex(/^([1-5]\d\d|[45]xx)$/)
    .optional()
    .meta({ description: "A status such as 429, or a class: 4xx, 5xx." }),
  client: many(name, "codex or sdk."),
  kind: many(z.enum(REQUEST_KINDS), "What Codex made it for; turn is also every request that says nothing."),
  project: many(name, "A projectId."),
  thread: name.optional().meta({ description: "Codex's thread." }),
  stream: z.enum(["true", "false"]).optional().meta({ description: "Whether a stream was asked for." }),
  spill: z.enum(["true", "false"]).optional().meta({ description: "true: only what a paid lane took over from Codex lanes." }),
  minCost: z.string().optional().meta({ description: "At least this cost, in US dollars.", example: "0.05" }),
  minMs: z.int().min(0).max(86_400_000).optional().meta({ description: "At least this many milliseconds." }),
  id: z
    .string()
    .regex(/^req_[0-9a-f]{1,32}$/)
    .optional()
    .meta({ description: "The id of one request, or how it begins." }),
};
