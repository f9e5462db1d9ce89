import type { Sql } from "postgres";

/** The code is there and the owner's turn has come. False: the sign-in has ended meanwhile, and the code is to be given up. */
export async function signInWaiting(
  sql: Sql,
  input: { signInId: string; userCode: string; verificationUrl: string; expiresAt: Date },
): Promise<boolean> {
  const written = await sql`
    update sign_ins set state = 'waiting', user_code = ${input.userCode}, verification_url = ${input.verificationUrl},
      expires_at = ${input.expiresAt.toISOString()}
    where id = ${input.signInId} and ended_at is null returning id`;
  return written.length > 0;
}
