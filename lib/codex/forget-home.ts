import { and, eq, gt, isNull, ne, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { chatgptAccounts, runners, signIns } from "@/db/schema/chatgpt";
import { lanes } from "@/db/schema/lanes";
import type { Actor } from "@/lib/access/viewer";
import { recordAudit } from "@/lib/audit/record-audit";
import { endSignInWithin } from "@/lib/codex/end-sign-in";
import { recordEvent } from "@/lib/codex/record-event";
import { RUNNER_DEAD_S } from "@/lib/codex/runners";
import { AppError } from "@/lib/errors/app-error";

const REASON = "the machine of its home is lost";

/** No home left to be told of. */
const NO_HOME = {
  host: null,
  container: null,
  containerReason: null,
  containerStartedAt: null,
  homeBytes: null,
  leaseRunnerId: null,
  leaseExpiresAt: null,
} as const;

/**
 * The operator says that the machine which held the home of this account does not come back. The home is taken for gone, with the
 * sign-in in it: an account that was being removed is removed, any other one is signed out and may be signed in on another machine.
 * Nobody can wipe what that machine still holds; should it come back, its runner stops what it finds there while the account lives
 * elsewhere, and wipes it while nobody is meant to be signed in.
 */
export async function forgetHome(
  tx: Tx,
  input: { accountId: string; note: string; actor: Actor },
): Promise<{ host: string; state: "removed" | "signed_out" | "new" }> {
  const { accountId, note, actor } = input;
  const [account] = await tx.select().from(chatgptAccounts).where(eq(chatgptAccounts.id, accountId)).for("no key update");
  if (!account || account.state === "removed") throw new AppError("not_found", `There is no ChatGPT account ${accountId}.`);
  const { host } = account;
  if (host === null) throw new AppError("conflict", `${accountId} has no home on any machine.`);
  await requireLost(tx, { accountId, host });
  const running = await tx
    .select({ id: signIns.id })
    .from(signIns)
    .where(and(eq(signIns.accountId, accountId), isNull(signIns.endedAt)));
  for (const { id } of running)
    await endSignInWithin(tx, { signInId: id, state: "failed", message: "The machine of this account is lost. Try again." });
  // First there is no home, then no machine: the database refuses both at once.
  await tx.update(chatgptAccounts).set({ containerState: "none" }).where(eq(chatgptAccounts.id, accountId));
  const state = account.state === "removing" ? "removed" : account.identityHash === null ? "new" : "signed_out";
  await tx
    .update(chatgptAccounts)
    .set(
      state === "removed"
        ? { ...NO_HOME, state, stateReason: null, removedAt: sql`clock_timestamp()`, identityHash: null, email: null }
        : { ...NO_HOME, state, stateReason: REASON, signedOutAt: sql`coalesce(signed_out_at, clock_timestamp())` },
    )
    .where(eq(chatgptAccounts.id, accountId));
  await tx
    .update(lanes)
    .set({ state: "signed_out", stateReason: REASON, stateUntil: null })
    .where(and(eq(lanes.chatgptAccountId, accountId), ne(lanes.state, "paused")));
  await recordEvent(tx, { accountId, kind: "home_forgotten", detail: host, fence: null });
  await recordAudit(tx, {
    actor,
    action: "chatgpt_account.forget_home",
    subject: accountId,
    before: { state: account.state, host, containerState: account.containerState },
    after: { state },
    note,
  });
  return { host, state };
}

/** By the clock of the database: nobody has driven anything on this machine for a while, this account least of all. */
async function requireLost(tx: Tx, { accountId, host }: { accountId: string; host: string }): Promise<void> {
  const alive = await tx.$count(
    runners,
    and(
      eq(runners.host, host),
      isNull(runners.endedAt),
      gt(runners.heartbeatAt, sql`clock_timestamp() - make_interval(secs => ${RUNNER_DEAD_S})`),
    ),
  );
  const leased = await tx.$count(
    chatgptAccounts,
    and(eq(chatgptAccounts.id, accountId), gt(chatgptAccounts.leaseExpiresAt, sql`clock_timestamp()`)),
  );
  if (alive + leased === 0) return;
  throw new AppError(
    "conflict",
    `A runner on ${host} was heard of within the last ${RUNNER_DEAD_S} seconds, or still holds the lease: the home is not lost. Sign the account out or remove its lane instead.`,
  );
}
