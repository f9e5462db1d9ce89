import type { Sql } from "postgres";
import { identityKeyCheck } from "@/lib/crypto/identity-hash";

/**
 * Whether the identities in this database were hashed with the key that these master keys lead to. The first one to ask settles it.
 * With another key every connected account would look like somebody else's, and be signed out and wiped.
 */
export async function fitsIdentityKey(sql: Sql, masterKeys: string): Promise<boolean> {
  const check = identityKeyCheck(masterKeys);
  await sql`insert into settings (name, value) values ('identity_key_check', to_jsonb(${check}::text)) on conflict (name) do nothing`;
  const [kept] = await sql<{ check: string }[]>`select value #>> '{}' as check from settings where name = 'identity_key_check'`;
  return kept?.check === check;
}
