import { and, eq, isNull, or, sql } from "drizzle-orm";
import type { Reader } from "@/db/client";
import { providers } from "@/db/schema/providers";
import { AppError } from "@/lib/errors/app-error";

export type ProviderRow = typeof providers.$inferSelect;

/** By id, or by name in any case of letters; removed ones are gone. */
export async function findProvider(reader: Reader, idOrName: string): Promise<ProviderRow | null> {
  const [provider] = await reader
    .select()
    .from(providers)
    .where(and(isNull(providers.removedAt), or(eq(providers.id, idOrName), sql`lower(${providers.name}) = lower(${idOrName})`)));
  return provider ?? null;
}

export async function requireProvider(reader: Reader, idOrName: string): Promise<ProviderRow> {
  const provider = await findProvider(reader, idOrName);
  if (!provider) throw new AppError("not_found", `There is no provider ${idOrName}.`);
  return provider;
}
