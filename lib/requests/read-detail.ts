import { asc, eq } from "drizzle-orm";
import type { Reader } from "@/db/client";
import { apiKeys } from "@/db/schema/keys";
import { holds, ledgerEntries, transfers } from "@/db/schema/ledger";
import { prices } from "@/db/schema/providers";
import { requests } from "@/db/schema/requests";
import type { Viewer } from "@/lib/access/viewer";
import { microUsd, toUsdString } from "@/lib/money/micro-usd";
import { roundUp } from "@/lib/pricing/cost";
import { findRequest, type RequestView } from "@/lib/requests/read";

/** One line of the bill: so many at such a rate. `usd` is exact, to the millionth of a micro-dollar. */
export type CostLine = {
  what: "fresh input" | "cached input" | "cache write" | "output" | "web search";
  count: number;
  rateUsd: string;
  usd: string;
};

export type RequestDetail = RequestView & {
  keyName: string;
  /** As `wallets` and `requests` were charged; null on lanes that cost nothing here. */
  bill: {
    price: { model: string; version: number };
    lines: CostLine[];
    /** The lines, summed and rounded up to the micro-dollar. What was charged may be less: never above the hold. */
    computedUsd: string;
  } | null;
  hold: { id: string; amountUsd: string; state: string; placedAt: string; endedAt: string | null } | null;
  /** What went through the wallet for it, in order. Plus is what became available again. */
  transfers: { id: string; kind: string; at: string; availableUsd: string | null; heldUsd: string | null }[];
};

/** Everything that is known of one request. Somebody else's does not exist. */
export async function findRequestDetail(reader: Reader, viewer: Viewer, input: { requestId: string }): Promise<RequestDetail> {
  const request = await findRequest(reader, viewer, input);
  const [row] = await reader
    .select({ holdId: requests.holdId, priceId: requests.priceId, keyName: apiKeys.name })
    .from(requests)
    .leftJoin(apiKeys, eq(apiKeys.id, requests.keyId))
    .where(eq(requests.id, input.requestId));
  return {
    ...request,
    keyName: row?.keyName ?? request.keyId,
    bill: row?.priceId ? await readBill(reader, row.priceId, request) : null,
    ...(row?.holdId ? await readMoney(reader, row.holdId, request.userId) : { hold: null, transfers: [] }),
  };
}

async function readBill(reader: Reader, priceId: string, { tokens, webSearchCalls }: RequestView): Promise<RequestDetail["bill"]> {
  const [price] = await reader.select().from(prices).where(eq(prices.id, priceId));
  if (!price) return null;
  const lines: { what: CostLine["what"]; count: number; rate: bigint; scaled: bigint }[] = [
    tokenLine("fresh input", tokens.freshInput, price.input),
    tokenLine("cached input", tokens.cachedInput, price.cachedInput),
    tokenLine("cache write", tokens.cacheWrite, price.cacheWrite),
    tokenLine("output", tokens.output, price.output),
  ];
  const perCall = price.webSearchCall ?? 0n;
  lines.push({ what: "web search", count: webSearchCalls, rate: perCall, scaled: BigInt(webSearchCalls) * perCall * MILLION });
  const used = lines.filter(({ count }) => count > 0);
  return {
    price: { model: price.model, version: price.version },
    lines: used.map(({ what, count, rate, scaled }) => ({ what, count, rateUsd: toUsdString(microUsd(rate)), usd: exactUsd(scaled) })),
    computedUsd: toUsdString(roundUp(used.reduce((sum, { scaled }) => sum + scaled, 0n))),
  };
}

const MILLION = 1_000_000n;

function tokenLine(what: CostLine["what"], count: number, rate: bigint) {
  return { what, count, rate, scaled: BigInt(count) * rate };
}

/** Millionths of a micro-dollar as dollars, without zeros at the end beyond the micro-dollar. */
function exactUsd(scaled: bigint): string {
  const digits = scaled.toString().padStart(13, "0");
  const decimals = digits.slice(-12).replace(/0{1,6}$/, "");
  return `${digits.slice(0, -12)}.${decimals}`;
}

async function readMoney(reader: Reader, holdId: string, userId: string): Promise<Pick<RequestDetail, "hold" | "transfers">> {
  const [hold] = await reader.select().from(holds).where(eq(holds.id, holdId));
  const rows = await reader
    .select({
      id: transfers.id,
      kind: transfers.kind,
      at: transfers.createdAt,
      accountId: ledgerEntries.accountId,
      amount: ledgerEntries.amount,
    })
    .from(transfers)
    .innerJoin(ledgerEntries, eq(ledgerEntries.transferId, transfers.id))
    .where(eq(transfers.holdId, holdId))
    .orderBy(asc(ledgerEntries.seq));
  const ids = [...new Set(rows.map(({ id }) => id))];
  return {
    hold: hold
      ? {
          id: hold.id,
          amountUsd: toUsdString(hold.amount),
          state: hold.state,
          placedAt: hold.placedAt.toISOString(),
          endedAt: hold.endedAt?.toISOString() ?? null,
        }
      : null,
    transfers: ids.map((id) => {
      const entries = rows.filter((row) => row.id === id);
      const on = (account: string) => {
        const amount = entries.find(({ accountId }) => accountId === `${account}:${userId}`)?.amount;
        return amount === undefined ? null : toUsdString(amount);
      };
      return { id, kind: entries[0]!.kind, at: entries[0]!.at.toISOString(), availableUsd: on("available"), heldUsd: on("held") };
    }),
  };
}
