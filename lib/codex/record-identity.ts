import type { Sql } from "postgres";
import type { LeaseProof } from "@/lib/codex/container-record";
import { lockLeasedAccount } from "@/lib/codex/lock-leased-account";
import { recordEvent } from "@/lib/codex/record-event";
import { queueMail } from "@/lib/mail/queue-mail";

export type IdentityAnswer =
  | "ok"
  /** The home is signed in to another ChatGPT account than the row's, or nobody asked for a sign-in: log out and wipe. */
  | "mismatch"
  /** Another connected account has this identity. */
  | "taken"
  | "fenced";

export type Identity = { identityHash: string; email: string; planType: string | null };

const UNIQUE_VIOLATION = "23505";

/**
 * What `account/read` said in a container, compared with the row: at the end of every sign-in, when it signs the account in,
 * and at every start, when it changes nothing.
 */
export async function recordIdentity(sql: Sql, input: LeaseProof & Identity): Promise<IdentityAnswer> {
  try {
    return await sql.begin((tx) => compareAndRecord(tx, input));
  } catch (error) {
    const { code, constraint_name: constraint } = error as { code?: string; constraint_name?: string };
    if (code !== UNIQUE_VIOLATION || constraint !== "chatgpt_accounts_identity_once") throw error;
    await sql.begin((tx) => tellItsOwner(tx, input));
    return "taken";
  }
}

/** Whoever reads the address learns that somebody else has got into their ChatGPT account; owners who connect it twice are told on the screen. */
async function tellItsOwner(
  tx: Parameters<typeof lockLeasedAccount>[0],
  { accountId, identityHash, email }: LeaseProof & Identity,
): Promise<void> {
  const [owner] = await tx<{ userId: string }[]>`
    select a.user_id as "userId" from chatgpt_accounts a join chatgpt_accounts asking on asking.id = ${accountId}
    where a.identity_hash = ${identityHash} and a.user_id <> asking.user_id`;
  if (!owner) return;
  const payload = { address: email };
  await queueMail(tx, { kind: "account_wanted", userId: owner.userId, recipient: email, payload, onceADay: true });
}

async function compareAndRecord(tx: Parameters<typeof lockLeasedAccount>[0], input: LeaseProof & Identity): Promise<IdentityAnswer> {
  const { accountId, identityHash, email, planType, fence } = input;
  const account = await lockLeasedAccount(tx, input);
  if (!account || account.state === "removing") return "fenced";
  const isWanted = account.state === "signing_in" || account.state === "signed_in" || account.state === "lost";
  if (!isWanted || (account.identityHash !== null && account.identityHash !== identityHash)) {
    await recordEvent(tx, { accountId, kind: "identity_refused", detail: "the container is signed in to another account", fence });
    return "mismatch";
  }
  await tx`
    update chatgpt_accounts set state = 'signed_in', state_reason = null, identity_hash = ${identityHash}, email = ${email},
      plan_type = coalesce(${planType}, plan_type), signed_out_at = null,
      signed_in_at = case when state = 'signed_in' then signed_in_at else clock_timestamp() end
    where id = ${accountId}`;
  if (account.state === "signed_in") return "ok";
  const [lane] = await tx<{ id: string; label: string }[]>`
    update lanes set state = case when state in ('signing_in', 'signed_out') then 'ready' else state end,
      state_reason = case when state in ('signing_in', 'signed_out') then null else state_reason end,
      state_until = case when state in ('signing_in', 'signed_out') then null else state_until end
    where chatgpt_account_id = ${accountId} returning id, label`;
  await recordEvent(tx, { accountId, kind: "signed_in", detail: planType, fence });
  if (account.state === "signing_in" && lane) {
    const payload = { accountId, laneId: lane.id, label: lane.label, address: email, planType };
    const mail = { kind: "account_connected", userId: account.userId, payload } as const;
    const told = await queueMail(tx, mail);
    // Whoever reads this address is who the account belongs to, whatever the user said.
    if (told?.toLowerCase() !== email.toLowerCase()) await queueMail(tx, { ...mail, recipient: email });
  }
  return "ok";
}
