import { identityHash } from "@/lib/crypto/identity-hash";
import type { Identity } from "@/lib/codex/record-identity";
import type { ReportedLimits } from "@/lib/turns/reported-limits";
import { readAccount, readLimits, type SignedInAccount } from "@/workers/codex-runner/app-server/account";
import { AppServerRefusal, type AppServer } from "@/workers/codex-runner/app-server/app-server";
import type { RunnerDeps } from "@/workers/codex-runner/runner-deps";

export type WhoIsThere = {
  account: SignedInAccount;
  /** Null: OpenAI did not say enough to know the account again. */
  identity: Identity | null;
  /** Null: not asked, or not told. */
  limits: ReportedLimits | null;
};

/** Who is signed in to a container, by OpenAI's own ids. `wantLimits`: the windows too, where they can be had. */
export async function whoIsThere(deps: RunnerDeps, server: AppServer, options: { wantLimits: boolean }): Promise<WhoIsThere> {
  const account = await readAccount(server);
  if (!account.signedIn) return { account, identity: null, limits: null };
  const limits = options.wantLimits || account.openaiAccountId === null ? await limitsOrNull(deps, server) : null;
  // The same source first at every look, and never the address in the place of the id: one person has one hash.
  const openaiAccountId = account.openaiAccountId ?? limits?.openaiAccountId ?? null;
  const { email, openaiUserId } = account;
  if (openaiAccountId === null || openaiUserId === null || email === null) return { account, identity: null, limits };
  const planType = account.planType ?? limits?.planType ?? null;
  const hash = identityHash(deps.settings.masterKey, openaiAccountId, openaiUserId);
  return { account, identity: { identityHash: hash, email, planType }, limits };
}

/** OpenAI may be slow or away: what it would have said is then unknown, and nothing is concluded from it. */
async function limitsOrNull({ clock, log }: RunnerDeps, server: AppServer): Promise<ReportedLimits | null> {
  try {
    return await readLimits(server, clock.now());
  } catch (error) {
    if (!(error instanceof AppServerRefusal)) throw error;
    log.debug({ err: error }, "usage windows cannot be read");
    return null;
  }
}
