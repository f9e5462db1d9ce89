import { randomUUID } from "node:crypto";
import type { Database } from "@/db/client";
import { parseMasterKeys } from "@/lib/crypto/master-keys";
import { createSealer } from "@/lib/crypto/sealer";
import type { SealedLink } from "@/lib/mail/mail-kinds";
import type { Clock } from "@/lib/time/clock";
import { ActLimiter } from "@/lib/users/act-limiter";
import { openLink } from "@/lib/users/mail-links";
import { signUp, type SignUpInput, type SignUpResult } from "@/lib/users/sign-up";
import { TEST_MASTER_KEY } from "@/tests/factories/provider";

export const TEST_SEALER = createSealer(parseMasterKeys(TEST_MASTER_KEY));
const NEWCOMER_PASSWORD = "seven unrelated words here";

export function newName(): { username: string; email: string } {
  const username = `new-${randomUUID().slice(0, 12)}`;
  return { username, email: `${username}@example.com` };
}

export function signUpAs(
  { orm }: Pick<Database, "orm">,
  clock: Clock,
  input: Pick<SignUpInput, "username" | "email"> & Partial<SignUpInput>,
  limiter = new ActLimiter(),
): Promise<SignUpResult> {
  const given = { password: NEWCOMER_PASSWORD, note: null, address: null, userAgent: null, ...input };
  return signUp({ orm, clock, sealer: TEST_SEALER, limiter }, given);
}

/** What stands in the outbox for this address, the oldest first, with the secret of its link. */
export async function mailsTo({ sql }: Pick<Database, "sql">, email: string): Promise<{ kind: string; secret: string | null }[]> {
  const rows = await sql<{ kind: string; payload: { link?: SealedLink } }[]>`
    select kind, payload from outbox where lower(recipient) = lower(${email}) order by created_at, id`;
  return rows.map(({ kind, payload }) => ({ kind, secret: payload.link ? openLink(TEST_SEALER, payload.link) : null }));
}

export async function lastSecret(database: Pick<Database, "sql">, email: string): Promise<string> {
  const secret = (await mailsTo(database, email)).at(-1)?.secret;
  if (!secret) throw new Error(`no link was mailed to ${email}`);
  return secret;
}
