import type { Sql } from "postgres";

/**
 * Drops whole months of the request log that ended more than `months` months ago; 0 keeps everything. Money is not touched: holds,
 * transfers and entries live outside of these partitions for ever. Returns the names of the dropped partitions.
 */
export async function dropOldRequestLogs(sql: Sql, options: { months: number; now: Date }): Promise<string[]> {
  if (options.months === 0) return [];
  const keepFrom = new Date(Date.UTC(options.now.getUTCFullYear(), options.now.getUTCMonth() - options.months, 1));
  const newestKept = keepFrom.toISOString().slice(0, 7).replace("-", "_");
  const partitions = await sql<{ name: string }[]>`
    select c.relname as name from pg_inherits i
    join pg_class c on c.oid = i.inhrelid join pg_class p on p.oid = i.inhparent
    where p.relname in ('requests', 'attempts') and c.relname ~ '^(requests|attempts)_[0-9]{4}_[0-9]{2}$'
      and right(c.relname, 7) < ${newestKept} order by 1`;
  for (const { name } of partitions) await sql`drop table ${sql(name)}`;
  return partitions.map((partition) => partition.name);
}
