import type { LeasedAccount } from "@/lib/codex/leases";
import type { AccountBooks } from "@/workers/codex-runner/account-books";
import { logout } from "@/workers/codex-runner/app-server/account";
import type { AppServer } from "@/workers/codex-runner/app-server/app-server";
import type { StartVerdict } from "@/workers/codex-runner/container-keeper";
import { whoIsThere, type WhoIsThere } from "@/workers/codex-runner/identify";
import type { RunnerDeps } from "@/workers/codex-runner/runner-deps";

const OK = { kind: "ok" } as const;

/** At every start: the sign-in in the container must be the row's, neither another one nor one that nobody knows of. */
export async function judgeStart(
  deps: RunnerDeps,
  books: AccountBooks,
  { server, account }: { server: AppServer; account: LeasedAccount },
): Promise<StartVerdict> {
  // Whoever signs in or removes looks for themselves.
  if (account.state === "signing_in" || account.state === "removing") return OK;
  const there = await whoIsThere(deps, server, { wantLimits: false });
  if (account.state === "new" || account.state === "signed_out") {
    // A home whose logout fails is wiped: nobody wants what is in it.
    if (there.account.signedIn && !(await logoutIfPossible(deps, server))) {
      return { kind: "signed_out", message: "Nobody is signed in to this account.", wipe: true };
    }
    return OK;
  }
  if (!there.account.signedIn) {
    const message = "Its container is not signed in to ChatGPT any more. Sign in again.";
    await books.signedOut("by_openai", message);
    return { kind: "signed_out", message, wipe: false };
  }
  const answer = await compare(books, account, there);
  if (answer === "ok") {
    if (there.limits) await books.limits(there.limits, deps.clock.now());
    return OK;
  }
  const message = refusalOf(answer, account.email);
  await books.signedOut(answer === "taken" ? "identity_taken" : "identity_mismatch", message);
  await logoutIfPossible(deps, server);
  return { kind: "signed_out", message, wipe: true };
}

/** False: OpenAI could not be told. The tokens end with the home in any case. */
export async function logoutIfPossible({ log }: RunnerDeps, server: AppServer): Promise<boolean> {
  try {
    await logout(server);
    return true;
  } catch (error) {
    log.info({ err: error }, "a sign-in ends without OpenAI being told");
    return false;
  }
}

export function refusalOf(answer: "mismatch" | "taken", email: string | null): string {
  if (answer === "taken") {
    return "This ChatGPT account is already connected. An account can be connected once; remove it there first, or sign in with another one.";
  }
  return `This lane belongs to another ChatGPT account${email === null ? "" : ` (${email})`}. Sign in with that one, or add a lane for this one.`;
}

async function compare(books: AccountBooks, account: LeasedAccount, there: WhoIsThere): Promise<"ok" | "mismatch" | "taken"> {
  // Where OpenAI has left out an id, the address alone is compared.
  if (there.identity !== null) return books.identity(there.identity);
  const [known, found] = [account.email, there.account.email].map((email) => email?.toLowerCase() ?? null);
  return known === null || found === null || known === found ? "ok" : "mismatch";
}
