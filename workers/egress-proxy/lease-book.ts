import type { Sql } from "postgres";
import type { EgressIdentity } from "@/workers/shared/egress-token";

/** The lease of an account by the clock of the database. */
export type Lease = { fence: number; isLive: boolean };
export type ReadLeases = (accountIds: readonly string[]) => Promise<Map<string, Lease>>;

/** How much older than the wish for a connection the question may be whose answer admits it. */
const FRESH_MS = 1_000;
/** A database that answers later counts as away. */
const ANSWER_MS_MAX = 3_000;

/**
 * Who has a live lease, as far as is known. A new connection needs a fresh answer of the database; what is open already may live
 * on without one for as long as a lease lasts.
 */
export class LeaseBook {
  readonly #read: ReadLeases;
  readonly #known = new Map<string, { lease: Lease | null; askedMs: number }>();
  readonly #asking = new Map<string, Promise<void>>();
  readonly #nowMs: () => number;
  readonly #leaseMs: number;

  constructor(options: { read: ReadLeases; leaseMs: number; nowMs?: () => number }) {
    this.#read = options.read;
    this.#leaseMs = options.leaseMs;
    this.#nowMs = options.nowMs ?? (() => performance.now());
  }

  /** False also when the database cannot be asked. */
  async admits(identity: EgressIdentity): Promise<boolean> {
    const isSuccessor = (this.#known.get(identity.accountId)?.lease?.fence ?? 0) < identity.fence;
    // Whoever shows a newer fence than is known has it since: the container of a dead runner works again at once.
    const wishedMs = this.#nowMs();
    if (isSuccessor || !this.#isFresh(identity.accountId, wishedMs)) await this.#ask([identity.accountId]);
    return this.#isFresh(identity.accountId, wishedMs) && this.#isLive(identity);
  }

  /** False: what is open for this identity must be closed. */
  mayStay(identity: EgressIdentity): boolean {
    const known = this.#known.get(identity.accountId);
    return known !== undefined && this.#isLive(identity) && this.#nowMs() - known.askedMs < this.#leaseMs;
  }

  /** Asks again for those that matter, and forgets the others. Never fails: an old answer runs out by itself. */
  async refresh(accountIds: ReadonlySet<string>): Promise<void> {
    for (const accountId of this.#known.keys()) {
      if (!accountIds.has(accountId) && !this.#isFresh(accountId, this.#nowMs())) this.#known.delete(accountId);
    }
    if (accountIds.size > 0) await this.#ask([...accountIds]);
  }

  #isLive({ accountId, fence }: EgressIdentity): boolean {
    const lease = this.#known.get(accountId)?.lease;
    return lease !== null && lease !== undefined && lease.isLive && lease.fence === fence;
  }

  #isFresh(accountId: string, atMs: number): boolean {
    const known = this.#known.get(accountId);
    return known !== undefined && atMs - known.askedMs < FRESH_MS;
  }

  /** An account that is being asked for is not asked for again. */
  async #ask(accountIds: readonly string[]): Promise<void> {
    const missing = accountIds.filter((accountId) => !this.#asking.has(accountId));
    if (missing.length > 0) {
      const answer = this.#answer(missing).finally(() => {
        for (const accountId of missing) this.#asking.delete(accountId);
      });
      for (const accountId of missing) this.#asking.set(accountId, answer);
    }
    for (const accountId of accountIds) await this.#asking.get(accountId);
  }

  async #answer(accountIds: readonly string[]): Promise<void> {
    // From before the question: the answer is at least as old as that.
    const askedMs = this.#nowMs();
    const leases = await answeredInTime(this.#read(accountIds)).catch(() => null);
    if (leases === null) return;
    for (const accountId of accountIds) this.#known.set(accountId, { lease: leases.get(accountId) ?? null, askedMs });
  }
}

/** An account whose removal is under way still signs out at OpenAI. */
export function leaseReader(sql: Sql): ReadLeases {
  return async (accountIds) => {
    const rows = await sql<{ id: string; fence: number; isLive: boolean }[]>`
      select id, fence::int, state <> 'removed' and coalesce(lease_expires_at > clock_timestamp(), false) as "isLive"
      from chatgpt_accounts where id in (select jsonb_array_elements_text(${JSON.stringify(accountIds)}::text::jsonb))`;
    return new Map(rows.map(({ id, fence, isLive }) => [id, { fence, isLive }]));
  };
}

async function answeredInTime<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("the database does not answer")), ANSWER_MS_MAX);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
