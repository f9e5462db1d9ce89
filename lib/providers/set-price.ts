import { desc, eq, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { prices } from "@/db/schema/providers";
import type { Actor } from "@/lib/access/viewer";
import { recordAudit, type AuditFields } from "@/lib/audit/record-audit";
import { AppError } from "@/lib/errors/app-error";
import { newId } from "@/lib/ids/ids";
import { microUsd, toUsdString } from "@/lib/money/micro-usd";
import type { Price, Rates } from "@/lib/pricing/price-type";
import { toPrice } from "@/lib/providers/read-prices";

export type NewPrice = {
  model: string;
  sell: Rates;
  /** What the provider charges for the same. */
  cost: Rates;
  outputTokensMax: number;
  imageTokensMax: number;
};

const TOKENS_MAX = 10_000_000;

/** Adds a version; requests that are running keep the one that their hold names. The same price again adds nothing. */
export async function setPrice(tx: Tx, input: { price: NewPrice; actor: Actor }): Promise<{ price: Price; changed: boolean }> {
  const { price, actor } = input;
  checkPrice(price);
  const before = await lockNewest(tx, price.model);
  const unchanged = before && !before.retired && isSame(toPrice(before), price);
  if (unchanged) return { price: toPrice(before), changed: false };
  const [row] = await tx
    .insert(prices)
    .values({ id: newId("price"), version: (before?.version ?? 0) + 1, ...toColumns(price) })
    .returning();
  if (!row) throw new Error("the price was not written");
  await recordAudit(tx, {
    actor,
    action: "price.set",
    subject: row.id,
    before: before && audited(toPrice(before)),
    after: audited(toPrice(row)),
  });
  return { price: toPrice(row), changed: true };
}

/** Takes a model off the list: wallets are no longer charged for it, because it is no longer sold. */
export async function retirePrice(tx: Tx, input: { model: string; actor: Actor }): Promise<{ changed: boolean }> {
  const before = await lockNewest(tx, input.model);
  if (!before) throw new AppError("not_found", `There is no price for ${input.model}.`);
  if (before.retired) return { changed: false };
  const id = newId("price");
  await tx.insert(prices).values({ id, version: before.version + 1, retired: true, ...toColumns(toPrice(before)) });
  await recordAudit(tx, { actor: input.actor, action: "price.retire", subject: id, before: audited(toPrice(before)) });
  return { changed: true };
}

async function lockNewest(tx: Tx, model: string) {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`price ${model}`}, 0))`);
  const [row] = await tx.select().from(prices).where(eq(prices.model, model)).orderBy(desc(prices.version)).limit(1);
  return row;
}

function checkPrice(price: NewPrice): void {
  if (!/^[\w.:/-]{1,120}$/.test(price.model))
    throw new AppError("request_invalid", `"${price.model}" is not a model name.`, { param: "model" });
  for (const rates of [price.sell, price.cost]) {
    if (Object.values(rates).some((rate) => rate !== null && rate < 0n)) {
      throw new AppError("request_invalid", "A price must not be negative.");
    }
  }
  if (price.sell.input === 0n && price.sell.output === 0n) {
    throw new AppError("request_invalid", "A price must charge for input or for output: what costs nothing cannot be held.", {
      param: "price",
    });
  }
  if ((price.sell.webSearchCall === null) !== (price.cost.webSearchCall === null)) {
    throw new AppError("request_invalid", "Web search needs both prices, what it is sold for and what it costs, or neither.");
  }
  for (const tokens of [price.outputTokensMax, price.imageTokensMax]) {
    if (!Number.isInteger(tokens) || tokens < 1 || tokens > TOKENS_MAX) {
      throw new AppError("request_invalid", `A token limit must be a whole number from 1 to ${TOKENS_MAX}.`);
    }
  }
}

function toColumns(price: NewPrice) {
  return {
    model: price.model,
    input: price.sell.input,
    cachedInput: price.sell.cachedInput,
    cacheWrite: price.sell.cacheWrite,
    output: price.sell.output,
    webSearchCall: price.sell.webSearchCall,
    costInput: price.cost.input,
    costCachedInput: price.cost.cachedInput,
    costCacheWrite: price.cost.cacheWrite,
    costOutput: price.cost.output,
    costWebSearchCall: price.cost.webSearchCall,
    outputTokensMax: price.outputTokensMax,
    imageTokensMax: price.imageTokensMax,
  };
}

function isSame(one: NewPrice, other: NewPrice): boolean {
  const columns = toColumns(other);
  return Object.entries(toColumns(one)).every(([name, value]) => value === columns[name as keyof typeof columns]);
}

function audited(price: Price): AuditFields {
  const amounts = Object.entries(toColumns(price)).map(([name, value]) => [
    name,
    typeof value === "bigint" ? toUsdString(microUsd(value)) : value,
  ]);
  return { version: price.version, ...(Object.fromEntries(amounts) as AuditFields) };
}
