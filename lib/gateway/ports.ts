import type { Dispatcher } from "undici";
import type { AppErrorCode } from "@/lib/errors/app-error";
import type { HeaderMap } from "@/lib/http/call";
import type { MicroUsd } from "@/lib/money/micro-usd";
import type { Price } from "@/lib/pricing/price-type";
import type { DeclineClass, TurnFrame, TurnTicket } from "@/lib/turns/runner-protocol";

/**
 * What the gateway core needs from the rest of the product. It owns no storage: the runtime plugs the domains in here, the
 * tests plug in what they want to see fail.
 */

/** Where a lane sends. `operatorKey`: many customers share the credential, so nothing of it may reach them, nor they each other. */
export type Upstream = {
  /** With its `/v1` or whatever stands in for it, without a trailing slash. */
  baseUrl: string;
  auth: { style: "bearer" | "api_key"; secret: string };
  apiVersion: string | null;
  operatorKey: boolean;
  providerId: string | null;
  dispatcher: Dispatcher;
};

type LaneBase = {
  id: string;
  label: string;
  state: "ready" | "signing_in" | "signed_out" | "exhausted" | "cooling" | "paused";
  stateReason: string | null;
  stateUntil: Date | null;
};

/** A ChatGPT account of the owner, answered for by a runner. */
export type CodexLane = LaneBase & {
  kind: "codex";
  accountId: string;
  /** Models whose own limit is used up, with the instant of their reset. */
  closedModels: Readonly<Record<string, string>>;
  upstream: null;
};

/** Costs money per token, and sends to an upstream of the OpenAI API. */
export type PaidLane = LaneBase & {
  kind: "api_key" | "wallet";
  /** Null: the operator has no provider in service, so the wallet lane cannot answer. */
  upstream: Upstream | null;
};

export type GatewayLane = CodexLane | PaidLane;

/** What the key's owner lets paid lanes take over from the Codex lanes above them, beyond what they may always take. */
export type SpillRules = { busy: "none" | "own_key" | "any"; lostToWallet: boolean; cannotToWallet: boolean };

/** Why a paid lane took a request from the Codex lanes above it. `pinned`: it goes on with a turn that it had taken. */
export type SpillReason = DeclineClass | "pinned";

export type GatewayKey = {
  keyId: string;
  userId: string;
  models: readonly string[] | null;
  defaultModel: string | null;
  outputTokensMax: number;
  spill: SpillRules;
  /** Sampling parameters that a Codex lane cannot keep: refused there instead of ignored. */
  parametersStrict: boolean;
  /** The operator's switch. */
  codexLanesOn: boolean;
  /** In the owner's order. */
  lanes: readonly GatewayLane[];
};

export type HoldToPlace = {
  id: string;
  attemptNo: number;
  laneId: string;
  providerId: string;
  priceId: string;
  amount: MicroUsd;
  /** The least that an accepted request is charged when its usage is lost. */
  inputAmount: MicroUsd;
  /** Columns of `requests` as known at this moment: the log row of a request whose process dies. */
  context: Record<string, unknown>;
};

export type Admission = {
  requestId: string;
  keyId: string;
  userId: string;
  /** True until the request has been let in: the key's concurrency and rate are counted with its first attempt. */
  admit: boolean;
  /** What is shown of it while it runs. The model is null for calls whose body is not read. */
  laneId: string;
  model: string | null;
  hold: HoldToPlace | null;
};

export type AdmissionOutcome =
  | "ok"
  | "key_revoked"
  | "key_expired"
  | "suspended"
  | "concurrency_full"
  | "rate_limited"
  | "budget_reached"
  | "budget_busy"
  | "wallet_empty"
  | "wallet_busy";

export type AdmissionResult = {
  outcome: AdmissionOutcome;
  /** Of the wallet, when a hold was asked for: what can be held now, and what running requests hold. */
  available: MicroUsd | null;
  held: MicroUsd | null;
  retryAfterS: number | null;
  resetsAt: Date | null;
};

/** Where a running request is, and how far its answer has come; `stage` null: no answer has begun. */
export type RequestProgress = {
  requestId: string;
  laneId: string;
  holdId: string | null;
  stage: "accepted" | "content" | null;
  outputTokens: number;
};

export type HoldEnd = {
  id: string;
  kind: "settle" | "void";
  /** Charged to the wallet; never above the hold. */
  cost: MicroUsd;
  /** What the provider charges the operator for the same work. */
  providerCost: MicroUsd;
  estimated: boolean;
};

/** Everything that ends one request, written in one transaction: money, log, admission. */
export type Settlement = {
  requestId: string;
  keyId: string;
  userId: string;
  holds: readonly HoldEnd[];
  /** Columns of `requests`; null ends holds in the middle of a request (a declined attempt) and leaves it admitted. */
  request: Record<string, unknown> | null;
  /** Columns of `attempts`. */
  attempts: readonly Record<string, unknown>[];
};

/**
 * `committed`: on the ledger. `parked`: refused by the database on its merits, kept there with its hold, alarmed.
 * `journaled`: the database is away; kept on local disk, fsynced, and replayed.
 */
export type SettlementFate = "committed" | "parked" | "journaled";

export type Alarm = { kind: string; subject: string; detail: string };

export type LaneChange = { state: "cooling" | "exhausted"; reason: string; until: Date };

/** Bytes of an answer, to be read once or given up. */
export type AnswerBody = AsyncIterable<Uint8Array> & { destroy(): void };

export type RunnerCall = {
  ticket: TurnTicket;
  /** The client's JSON, edited for this lane. */
  body: Buffer;
  /** Where another runner said that the account is driven. */
  movedTo: string | null;
  signal: AbortSignal;
  onWaiting(frame: Extract<TurnFrame, { kind: "queued" | "running" }>): void;
};

export type RunnerEnd =
  | { kind: "answer"; contentType: string; body: AnswerBody }
  | Extract<TurnFrame, { kind: "declined" | "refused" }>
  /** No runner, or it went away before an answer began. `ran`: the turn may have been running. */
  | { kind: "lost"; reason: string; ran: boolean; movedTo: string | null }
  | { kind: "aborted" };

/** Which lane a thread is on. */
export type ThreadPin = {
  laneId: string;
  turnId: string | null;
  pinnedAt: Date;
  lastUsedAt: Date;
  /** The first items of its `input` were made on other lanes: what is sealed in them cannot be read here. */
  foreignItems: number;
};

export type GatewayPorts = {
  now(): Date;
  newRequestId(): string;
  newHoldId(): string;
  /** Throws `key_invalid`, `key_revoked`, `key_expired`, `ip_not_allowed` or `paused`. From the headers alone. */
  verifyKey(headers: HeaderMap, clientAddress: string | null): Promise<GatewayKey>;
  /** A call whose key was refused: there is no owner to show it to, so it is counted. */
  noteKeyRefused(code: AppErrorCode): void;
  /** The current version of the model's row, or null when it is not sold. */
  priceOf(model: string): Promise<Price | null>;
  soldModels(): Promise<readonly Price[]>;
  /** Rows of Codex's own model catalogue; empty while the CLI has not been fetched. */
  codexCatalogue(): Promise<readonly unknown[]>;
  admit(admission: Admission): Promise<AdmissionResult>;
  /** Resolves when money of this user was given back, or after `timeoutMs`, or on abort. */
  waitForMoney(userId: string, timeoutMs: number, signal: AbortSignal): Promise<void>;
  settle(settlement: Settlement): Promise<SettlementFate>;
  changeLane(lane: GatewayLane, change: LaneChange): void;
  /** A metered answer came without usage (or with it again: `reported`). */
  noteUsageReport(providerId: string, reported: boolean): void;
  alarm(alarm: Alarm): void;
  /** Which lane stored this Responses id for this owner; null for anybody else's and for none. */
  findStoredResponse(userId: string, upstreamId: string): Promise<{ laneId: string } | null>;
  recordStoredResponse(record: { userId: string; keyId: string; laneId: string; upstreamId: string }): Promise<void>;
  callRunner(call: RunnerCall): Promise<RunnerEnd>;
  /** Counts a request that a paid lane takes from the Codex lanes above it; `capped`: it took enough for this day. */
  admitSpill(spill: { userId: string; laneId: string; reason: SpillReason }): Promise<"ok" | "capped">;
  findPin(keyId: string, threadId: string): Promise<ThreadPin | null>;
  keepPin(pin: { userId: string; keyId: string; threadId: string } & Pick<ThreadPin, "laneId" | "turnId" | "foreignItems">): Promise<void>;
  /** A value that means one owner to the provider and cannot be traced by another. */
  ownerHmac(userId: string, value: string): string;
};

export type GatewayOptions = {
  publicUrl: string;
  /** Every answer is labelled when the upstream is a simulator. */
  simulated: boolean;
  /** The longest that one answer may take, drained or not. */
  streamDeadlineMs: number;
  /** Silence after which we speak first, and between two signs of life from then on. */
  silenceMs: number;
  /** How long a request waits for money that running requests hold. */
  moneyWaitMs: number;
  webSearchCallsMax: number;
  /** How long a streamed request may stand in line for a Codex lane. */
  queueMs: number;
  /** A line shorter than this is not spoken of. */
  queueGraceMs: number;
  /** How long a request waits for another runner to take over from one that is gone. */
  laneRecoveryMs: number;
};
