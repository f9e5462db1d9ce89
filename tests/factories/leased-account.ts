import type { Database } from "@/db/client";
import { withTransaction } from "@/db/transaction";
import { beginSignIn } from "@/lib/codex/begin-sign-in";
import { connectAccount } from "@/lib/codex/connect-account";
import { CONSENT } from "@/lib/codex/consent-text";
import type { LeaseProof } from "@/lib/codex/container-record";
import { endSignIn } from "@/lib/codex/end-sign-in";
import { takeLease } from "@/lib/codex/leases";
import { recordIdentity, type IdentityAnswer } from "@/lib/codex/record-identity";
import { identityHash } from "@/lib/crypto/identity-hash";
import { OPERATOR, testCustomer, type TestCustomer } from "@/tests/factories/customer";
import { TEST_MASTER_KEY } from "@/tests/factories/provider";
import { testRunner } from "@/tests/factories/runner";

export type LeasedAccount = { customer: TestCustomer; accountId: string; laneId: string; proof: LeaseProof };

const TTL_S = 300;

/** A connected account that a runner holds, not yet signed in. */
export async function leasedAccount(database: Database, options: { customer?: TestCustomer; label?: string } = {}): Promise<LeasedAccount> {
  const customer = options.customer ?? (await testCustomer(database.orm));
  const { userId } = customer;
  const { accountId, laneId } = await withTransaction(database.orm, (tx) =>
    connectAccount(tx, { userId, label: options.label ?? "ChatGPT", textVersion: CONSENT.version, address: null, actor: OPERATOR }),
  );
  const runner = await testRunner(database.sql);
  const answer = await takeLease(database.sql, { accountId, runnerId: runner.id, host: runner.host, ttlS: TTL_S });
  if (answer.kind !== "taken") throw new Error(`the lease was not given: ${answer.kind}`);
  return { customer, accountId, laneId, proof: { accountId, runnerId: runner.id, fence: answer.fence } };
}

/** A whole sign-in, as the runner writes it, by the ChatGPT account of this address. */
export async function signInAs(database: Database, account: LeasedAccount, email: string): Promise<IdentityAnswer> {
  const { accountId, proof, customer } = account;
  const { signInId } = await withTransaction(database.orm, (tx) => beginSignIn(tx, { accountId, userId: customer.userId, address: null }));
  const hash = identityHash(TEST_MASTER_KEY, `openai-${email}`, email);
  const answer = await recordIdentity(database.sql, { ...proof, identityHash: hash, email, planType: "plus" });
  const state = answer === "ok" ? ("succeeded" as const) : ("refused" as const);
  await endSignIn(database.sql, { signInId, state, message: answer === "ok" ? null : `answer: ${answer}` });
  return answer;
}

export async function signedInAccount(
  database: Database,
  options: { customer?: TestCustomer; email?: string } = {},
): Promise<LeasedAccount> {
  const account = await leasedAccount(database, options);
  const answer = await signInAs(database, account, options.email ?? `${account.accountId}@example.com`);
  if (answer !== "ok") throw new Error(`not signed in: ${answer}`);
  return account;
}
