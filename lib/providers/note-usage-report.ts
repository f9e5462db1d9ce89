import type { Sql } from "postgres";

/** Metered answers in a row without usage after which a provider no longer serves wallets. */
const MISSING_MAX = 5;

/** Returns true when this report tripped the provider off. */
export async function noteUsageReport(sql: Sql, providerId: string, reported: boolean): Promise<boolean> {
  if (reported) {
    await sql`update providers set usage_missing_count = 0 where id = ${providerId} and usage_missing_count > 0`;
    return false;
  }
  const rows = await sql`
    update providers set usage_missing_count = usage_missing_count + 1,
      tripped_at = case when usage_missing_count + 1 >= ${MISSING_MAX} then coalesce(tripped_at, clock_timestamp()) else tripped_at end
    where id = ${providerId}
    returning usage_missing_count = ${MISSING_MAX} as tripped`;
  return rows[0]?.["tripped"] === true;
}
