import { asc, eq, inArray } from "drizzle-orm";
import type { Orm } from "@/db/client";
import { apiKeyLanes, apiKeys } from "@/db/schema/keys";
import { lanes } from "@/db/schema/lanes";
import { users } from "@/db/schema/users";
import type { Clock } from "@/lib/time/clock";

export type LaneRow = typeof lanes.$inferSelect;

/** A key as the gateway needs it: the key, its owner's status, and the lanes that it may use, in the owner's order. */
export type CachedKey = { key: typeof apiKeys.$inferSelect; user: { id: string; status: "active" | "suspended" }; lanes: LaneRow[] };

type Entry = { value: CachedKey | null; expiresAtMs: number };

const LIFETIME_MS = 30_000;
/** Well above the keys that are busy at one time in one process. */
const ENTRIES_MAX = 20_000;

/**
 * API keys by the hash of their secret. Rows are dropped when the database says that they changed, when the line over which it
 * says so was broken, and after 30 seconds at the latest. A hash that nobody has is remembered too, so that a client that
 * keeps sending a wrong key costs nothing.
 */
export class KeyCache {
  readonly #orm: Orm;
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  readonly #loading = new Map<string, Promise<CachedKey | null>>();
  /** Raised by every drop: a row that was read before it must not be kept after it. */
  #generation = 0;

  constructor(orm: Orm, clock: Clock) {
    this.#orm = orm;
    this.#clock = clock;
  }

  async find(hash: Buffer): Promise<CachedKey | null> {
    const name = hash.toString("base64");
    const entry = this.#entries.get(name);
    if (entry && entry.expiresAtMs > this.#clock.now().getTime()) return entry.value;
    const loading = this.#loading.get(name) ?? this.#load(name, hash);
    return loading;
  }

  /** `all`, or one user's id. */
  drop(subject: string): void {
    this.#generation += 1;
    if (subject === "all") {
      this.#entries.clear();
      return;
    }
    for (const [name, entry] of this.#entries) if (entry.value === null || entry.value.user.id === subject) this.#entries.delete(name);
  }

  #load(name: string, hash: Buffer): Promise<CachedKey | null> {
    const generation = this.#generation;
    const loading = loadKey(this.#orm, hash)
      .then((value) => {
        if (generation === this.#generation) this.#keep(name, value);
        return value;
      })
      .finally(() => this.#loading.delete(name));
    this.#loading.set(name, loading);
    return loading;
  }

  #keep(name: string, value: CachedKey | null): void {
    this.#entries.delete(name);
    if (this.#entries.size >= ENTRIES_MAX) this.#entries.delete(this.#entries.keys().next().value as string);
    this.#entries.set(name, { value, expiresAtMs: this.#clock.now().getTime() + LIFETIME_MS });
  }
}

async function loadKey(orm: Orm, hash: Buffer): Promise<CachedKey | null> {
  const [row] = await orm
    .select({ key: apiKeys, user: { id: users.id, status: users.status } })
    .from(apiKeys)
    .innerJoin(users, eq(users.id, apiKeys.userId))
    .where(eq(apiKeys.hash, hash));
  if (!row) return null;
  const chosen = await orm.select({ laneId: apiKeyLanes.laneId }).from(apiKeyLanes).where(eq(apiKeyLanes.keyId, row.key.id));
  const own = await orm
    .select()
    .from(lanes)
    .where(
      chosen.length === 0
        ? eq(lanes.userId, row.user.id)
        : inArray(
            lanes.id,
            chosen.map((entry) => entry.laneId),
          ),
    )
    .orderBy(asc(lanes.position));
  return { ...row, lanes: own.filter((lane) => lane.userId === row.user.id) };
}
