import type { SignInEnd } from "@/lib/codex/end-sign-in";
import { readLeased } from "@/lib/codex/leases";
import { signInWaiting } from "@/lib/codex/sign-in-waiting";
import type { ReportedLimits } from "@/lib/turns/reported-limits";
import type { AccountBooks } from "@/workers/codex-runner/account-books";
import { awaitLogin, cancelLogin, readAccount, startDeviceLogin } from "@/workers/codex-runner/app-server/account";
import type { AppServer } from "@/workers/codex-runner/app-server/app-server";
import type { ContainerKeeper } from "@/workers/codex-runner/container-keeper";
import { whoIsThere } from "@/workers/codex-runner/identify";
import { logoutIfPossible, refusalOf } from "@/workers/codex-runner/judge-start";
import { LeaseLost } from "@/workers/codex-runner/lease-errors";
import type { RunnerDeps } from "@/workers/codex-runner/runner-deps";

export type SignInResult = { state: SignInEnd; message: string | null };

const EXPIRED: SignInResult = { state: "expired", message: "The code was not entered in time. Start again to get a new one." };

type Desk = { deps: RunnerDeps; books: AccountBooks; keeper: ContainerKeeper };

/**
 * One device-code sign-in, from the code to the identity on the account's row. The password is typed at OpenAI and nowhere else; what
 * comes of it stays in the container's home. `signal` aborts when the owner gives up.
 */
export async function signIn(desk: Desk, { signInId, signal }: { signInId: string; signal: AbortSignal }): Promise<SignInResult> {
  const { deps } = desk;
  let server = await desk.keeper.open();
  if ((await readAccount(server)).signedIn && !(await logoutIfPossible(deps, server))) {
    await desk.keeper.wipe();
    server = await desk.keeper.open();
  }
  const login = await startDeviceLogin(server);
  const { signInMs } = deps.settings.timings;
  const expired = AbortSignal.timeout(signInMs);
  const isWanted = await signInWaiting(deps.sql, {
    signInId,
    userCode: login.userCode,
    verificationUrl: login.verificationUrl,
    expiresAt: new Date(deps.clock.now().getTime() + signInMs),
  });
  const outcome = isWanted ? await awaitLogin(login, AbortSignal.any([signal, expired])) : ({ kind: "aborted" } as const);
  switch (outcome.kind) {
    case "signed_in":
      return settleIdentity(desk, server);
    case "aborted":
      // A runner that goes away leaves it to the next one.
      if (!(signal.reason instanceof LeaseLost)) await cancelLogin(server, login.loginId).catch(() => undefined);
      return expired.aborted ? EXPIRED : { state: "cancelled", message: null };
    case "lost":
      return { state: "failed", message: "The container of this account ended during the sign-in. Start again." };
    case "failed":
      if (/timed? ?out|expired/i.test(outcome.message)) return EXPIRED;
      return { state: "refused", message: `OpenAI did not sign this account in (${outcome.message}). Start again, and approve the code.` };
  }
}

/** Somebody is signed in now: whoever it is becomes the account, or is signed out and wiped. */
export async function settleIdentity(desk: Desk, server: AppServer): Promise<SignInResult> {
  const { deps, books, keeper } = desk;
  const there = await whoIsThere(deps, server, { wantLimits: true });
  const refuse = async (message: string): Promise<SignInResult> => {
    await logoutIfPossible(deps, server);
    await keeper.wipe();
    return { state: "refused", message };
  };
  if (there.identity === null) return refuse("OpenAI did not say whose account this is. Try again in a few minutes.");
  if (there.limits !== null && hasNoCodex(there.limits)) {
    return refuse(
      `The ChatGPT plan of ${there.identity.email} (${there.identity.planType ?? "unknown"}) has no Codex. Choose a plan with Codex at OpenAI, then sign in again.`,
    );
  }
  const answer = await books.identity(there.identity);
  if (answer !== "ok") {
    const message = refusalOf(answer, (await readLeased(deps.sql, books.proof))?.email ?? null);
    await books.signedOut(answer === "taken" ? "identity_taken" : "identity_mismatch", message);
    return refuse(message);
  }
  if (there.limits !== null) await books.limits(there.limits, deps.clock.now());
  return { state: "succeeded", message: null };
}

/** A plan with Codex has a window of its own, however full. */
function hasNoCodex({ allowed, windows, credits }: ReportedLimits): boolean {
  return allowed === false && windows.length === 0 && (credits === null || credits.state === "no");
}
