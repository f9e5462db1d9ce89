import type { Sql } from "postgres";

/** True: homes at this place have been in sandboxes, so their owners were told that nobody else can read them. */
export async function hasSandboxedHomes(sql: Sql, host: string): Promise<boolean> {
  const [row] = await sql<{ found: boolean }[]>`
    select exists (
      select 1 from chatgpt_accounts where host = ${host} and driver = 'bubblewrap' and state <> 'removed' and container_state <> 'none'
    ) as found`;
  return row?.found ?? false;
}
