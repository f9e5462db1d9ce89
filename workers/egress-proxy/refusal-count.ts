import type { EgressRefusal } from "@/workers/egress-proxy/egress-gate";
import type { EgressIdentity } from "@/workers/shared/egress-token";

export type CountedRefusal = { identity: EgressIdentity; detail: string };

/** Different ones between two flushes: a container that tries out names must not fill our memory or its owner's page. */
const KINDS_MAX = 500;
const KINDS_PER_ACCOUNT_MAX = 20;

/** Counts what was refused, per account, target and reason. Whom we do not know has no page to show it on. */
export class RefusalCount {
  #counts = new Map<string, Map<string, { identity: EgressIdentity; count: number }>>();
  #kinds = 0;
  #unknown = 0;

  add({ identity, target, reason }: EgressRefusal): void {
    if (identity === null) {
      this.#unknown += 1;
      return;
    }
    const counts = this.#counts.get(identity.accountId) ?? new Map<string, { identity: EgressIdentity; count: number }>();
    const kind = `${target} (${reason})`;
    const isFull = this.#kinds >= KINDS_MAX || counts.size >= KINDS_PER_ACCOUNT_MAX;
    const key = counts.has(kind) || !isFull ? kind : "others";
    const counted = counts.get(key);
    if (counted) counted.count += 1;
    else {
      this.#kinds += 1;
      counts.set(key, { identity, count: 1 });
      this.#counts.set(identity.accountId, counts);
    }
  }

  /** Everything since the last call. */
  take(): { refusals: CountedRefusal[]; unknown: number } {
    const refusals = [...this.#counts.values()].flatMap((counts) =>
      [...counts].map(([key, { identity, count }]) => ({ identity, detail: count === 1 ? key : `${key}, ${count} times` })),
    );
    const unknown = this.#unknown;
    this.#counts = new Map();
    this.#kinds = 0;
    this.#unknown = 0;
    return { refusals, unknown };
  }
}
