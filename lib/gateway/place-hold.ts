import { AppError } from "@/lib/errors/app-error";
import { formatUsd, roundToCents, type MicroUsd } from "@/lib/money/micro-usd";
import type { AdmissionResult, GatewayKey, GatewayOptions, GatewayPorts } from "@/lib/gateway/ports";
import { loggedModel, requestRow, type RequestRecord } from "@/lib/gateway/request-record";
import type { RequestFacts } from "@/lib/openai/request-facts";
import { affordableOutput, leastAmount, quote, type QuoteInput } from "@/lib/pricing/quote";
import type { Price, Quote } from "@/lib/pricing/price-type";

export type PlacedHold = {
  id: string;
  amount: MicroUsd;
  price: Price;
  quote: Quote;
  providerId: string;
  /** What set the length of the answer, when neither the client nor the key's own ceiling did. */
  clampedBy: "wallet" | "budget" | null;
};

export type Placing =
  | {
      kind: "placed";
      hold: PlacedHold;
      /** To be written into the request, when the client's own value does not bound the answer. */
      outputCap: number | null;
    }
  | { kind: "refused"; reason: string; error: AppError; /** No other lane would change it. */ isFinal: boolean };

export type PlaceInput = {
  ports: Pick<GatewayPorts, "now" | "newHoldId" | "admit" | "waitForMoney">;
  options: Pick<GatewayOptions, "webSearchCallsMax" | "moneyWaitMs" | "publicUrl">;
  key: GatewayKey;
  record: RequestRecord;
  facts: RequestFacts;
  laneId: string;
  providerId: string;
  price: Price;
  attemptNo: number;
  admit: boolean;
  signal: AbortSignal;
  isClientGone: () => boolean;
  /** Called with the id of every hold before it is placed, and with null once it is known whether it was. */
  onPlacing: (holdId: string | null) => void;
};

/**
 * Holds the worst case of the request. Money that running requests hold is waited for; a wallet that can pay for a shorter
 * answer gets a shorter one, never below the floor.
 */
export async function placeHold(input: PlaceInput): Promise<Placing> {
  const { ports, options, facts, price, key } = input;
  const quoteInput: QuoteInput = { facts, price, outputTokensCap: key.outputTokensMax, webSearchCallsMax: options.webSearchCallsMax };
  const waitUntil = ports.now().getTime() + options.moneyWaitMs;
  let wanted = quoteInput;
  let clampedBy: PlacedHold["clampedBy"] = null;
  for (;;) {
    const quoted = quote(wanted);
    const hold: PlacedHold = {
      id: ports.newHoldId(),
      amount: quoted.amount,
      price,
      quote: quoted,
      providerId: input.providerId,
      clampedBy,
    };
    input.onPlacing(hold.id);
    const result = await admit(input, hold);
    input.onPlacing(null);
    if (result.outcome === "ok") return { kind: "placed", hold, outputCap: outputCap(facts, price, quoted) };
    if (!isMoneyMatter(result.outcome)) return refused(input, result, leastAmount(quoteInput));

    const waitedOut = ports.now().getTime() >= waitUntil || input.signal.aborted || input.isClientGone();
    const available = result.available ?? (0n as MicroUsd);
    const held = result.held ?? (0n as MicroUsd);
    const freed = (available + held) as MicroUsd;
    const isMoneyComing =
      result.outcome === "wallet_busy" ||
      result.outcome === "budget_busy" ||
      (result.outcome === "wallet_empty" && held > 0n && affordableOutput(freed, quoteInput) !== null);
    if (isMoneyComing && !waitedOut) {
      await ports.waitForMoney(key.userId, Math.max(1, waitUntil - ports.now().getTime()), input.signal);
      // Money may have come back for the whole answer meanwhile.
      wanted = quoteInput;
      clampedBy = null;
      continue;
    }
    const affordable = result.outcome === "budget_busy" ? null : affordableOutput(available, quoteInput);
    if (affordable === null || affordable >= wanted.outputTokensCap) {
      // What running requests hold would pay for a shorter answer: topping up is not what this wallet needs.
      return refused(
        input,
        isMoneyComing && result.outcome === "wallet_empty" ? { ...result, outcome: "wallet_busy" } : result,
        leastAmount(quoteInput),
      );
    }
    wanted = { ...quoteInput, outputTokensCap: affordable };
    clampedBy = result.outcome === "budget_reached" ? "budget" : "wallet";
  }
}

/** What is written into the request for `outputCap`, as the log tells it. */
export function outputCapNote(facts: RequestFacts, { hold, cap }: { hold: PlacedHold; cap: number }): string {
  return `${facts.outputTokensKey} set to ${cap}${hold.clampedBy ? ` (what the ${hold.clampedBy} covers)` : ""}`;
}

/** Lets a request in whose lane needs no hold; null when it is in. */
export async function admitOnly(
  input: Pick<PlaceInput, "key" | "record" | "laneId"> & {
    ports: Pick<GatewayPorts, "admit">;
    options: Pick<GatewayOptions, "publicUrl">;
  },
): Promise<{ reason: string; error: AppError } | null> {
  const { ports, key, record, laneId } = input;
  const result = await ports.admit({
    requestId: record.id,
    keyId: key.keyId,
    userId: key.userId,
    admit: true,
    laneId,
    model: loggedModel(record),
    hold: null,
  });
  return result.outcome === "ok" ? null : { reason: result.outcome, error: admissionError(result, input) };
}

function admit(input: PlaceInput, hold: PlacedHold): Promise<AdmissionResult> {
  const { ports, key, record } = input;
  return ports.admit({
    requestId: record.id,
    keyId: key.keyId,
    userId: key.userId,
    admit: input.admit,
    laneId: input.laneId,
    model: loggedModel(record),
    hold: {
      id: hold.id,
      attemptNo: input.attemptNo,
      laneId: input.laneId,
      providerId: input.providerId,
      priceId: hold.price.id,
      amount: hold.amount,
      inputAmount: hold.quote.inputAmount,
      context: { ...requestRow(record, record.startedAt), lane_id: input.laneId, lane_kind: "wallet", provider_id: input.providerId },
    },
  });
}

function refused(input: PlaceInput, result: AdmissionResult, least: MicroUsd): Placing {
  return {
    kind: "refused",
    reason: result.outcome,
    error: admissionError(result, input, least),
    isFinal: !isMoneyMatter(result.outcome),
  };
}

/** A matter of this lane alone: lanes that cost no wallet money are not concerned. */
function isMoneyMatter(outcome: AdmissionResult["outcome"]): boolean {
  return outcome === "wallet_empty" || outcome === "wallet_busy" || outcome === "budget_reached" || outcome === "budget_busy";
}

/** The cap to splice in: only when the hold bounds the answer below what the model and the client would allow. */
function outputCap(facts: RequestFacts, price: Price, quoted: Quote): number | null {
  const bound = quoted.outputTokensMax / facts.n;
  if (facts.outputTokensMax !== null) return facts.outputTokensMax > bound ? bound : null;
  return bound < price.outputTokensMax ? bound : null;
}

function admissionError(
  result: AdmissionResult,
  { key, options }: { key: Pick<GatewayKey, "keyId">; options: Pick<GatewayOptions, "publicUrl"> },
  least: MicroUsd | null = null,
): AppError {
  const dashboard = `${options.publicUrl}/dashboard`;
  const retryAfterS = result.retryAfterS ?? undefined;
  switch (result.outcome) {
    case "wallet_empty":
      return new AppError(
        "wallet_empty",
        `Your wallet has ${cents(result.available, "down")} available, and this request needs at least ${cents(least, "up")}. How to add credit: ${dashboard}/wallet`,
      );
    case "wallet_busy":
      return new AppError("wallet_busy", "Your wallet's money is held by running requests. Try again when one has finished.", {
        retryAfterS: retryAfterS ?? 2,
      });
    case "budget_reached":
      return new AppError(
        "budget_reached",
        `This API key's budget does not cover this request${result.resetsAt ? ` until ${result.resetsAt.toISOString()}` : ""}${least === null ? "" : `: it needs at least ${cents(least, "up")}`}. Change it at ${dashboard}/keys/${key.keyId}.`,
        {
          resetsAt: result.resetsAt ?? undefined,
        },
      );
    case "budget_busy":
      return new AppError("wallet_busy", "This API key's budget is held by running requests. Try again when one has finished.", {
        retryAfterS: retryAfterS ?? 2,
      });
    case "rate_limited":
      return new AppError("rate_limited", "This API key has reached its requests per minute.", { retryAfterS: retryAfterS ?? 1 });
    case "concurrency_full":
      return new AppError("rate_limited", "This API key has as many requests running as it may.", { retryAfterS: retryAfterS ?? 1 });
    case "key_revoked":
      return new AppError("key_revoked", `This API key was revoked. Make a new one at ${dashboard}/keys.`);
    case "key_expired":
      return new AppError("key_expired", "This API key has expired.");
    case "suspended":
      return new AppError("paused", "This account is suspended.");
    case "ok":
      throw new Error("an admitted request has no error");
  }
}

function cents(amount: MicroUsd | null, direction: "up" | "down"): string {
  return formatUsd(roundToCents(amount ?? (0n as MicroUsd), direction));
}
