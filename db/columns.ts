import { customType } from "drizzle-orm/pg-core";
import type { MicroUsd, MicroUsdPerMillion } from "@/lib/money/micro-usd";

/** Whole micro-dollars in a Postgres bigint. The driver hands bigint over as text, so no value passes through a `number`. */
export const microUsdColumn = customType<{ data: MicroUsd; driverData: string }>({
  dataType: () => "bigint",
  fromDriver: (value) => BigInt(value) as MicroUsd,
  toDriver: (value) => value.toString(),
});

export const rateColumn = customType<{ data: MicroUsdPerMillion; driverData: string }>({
  dataType: () => "bigint",
  fromDriver: (value) => BigInt(value) as MicroUsdPerMillion,
  toDriver: (value) => value.toString(),
});

export const bytea = customType<{ data: Buffer; driverData: Buffer }>({
  dataType: () => "bytea",
});
