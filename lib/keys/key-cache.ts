import { asc, eq, inArray, type SQL } from "drizzle-orm";
import type { Orm } from "@/db/client";
import { apiKeyLanes, apiKeys, keyHelpers } from "@/db/schema/keys";
import { lanes } from "@/db/schema/lanes";
import { users, type UserStatus } from "@/db/schema/users";
import type { Clock } from "@/lib/time/clock";

export type LaneRow = typeof lanes.$inferSelect;

/** A key as the gateway needs it: the key, its owner's status, and the lanes that it may use, in the owner's order. */
export type CachedKey = { key: typeof apiKeys.$inferSelect; user: { id: string; status: UserStatus }; lanes: LaneRow[] };

/** The key that a helper's short-lived keys stand for. */
export type CachedHelperKey = CachedKey & { helper: { id: string; revokedAt: Date | null } };

type Entry<T> = { value: T; expiresAtMs: number };

const LIFETIME_MS = 30_000;
/** Well above the keys that are busy at one time in one process. */
const KEYS_MAX = 20_000;
/** Hashes that nobody has, kept apart: however many of them are sent, no key is forgotten for them. */
const UNKNOWN_MAX = 2_000;

/**
 * API keys by the hash of their secret, or by the helper that fetches short-lived ones for them. Rows are dropped when the
 * database says that they changed, when the line over which it says so was broken, and after 30 seconds at the latest. A hash that
 * nobody has is remembered too, so that a client that keeps sending a wrong key costs nothing.
 */
export class KeyCache {
  readonly #orm: Orm;
  readonly #clock: Clock;
  /** In the order of their last use. */
  readonly #keys = new Map<string, Entry<CachedKey>>();
  readonly #unknown = new Map<string, Entry<null>>();
  readonly #loading = new Map<string, Promise<CachedKey | null>>();
  /** Raised by every drop: a row that was read before it must not be kept after it. */
  #generation = 0;

  readonly #sizes: { keysMax: number; unknownMax: number };

  constructor(orm: Orm, clock: Clock, sizes = { keysMax: KEYS_MAX, unknownMax: UNKNOWN_MAX }) {
    this.#orm = orm;
    this.#clock = clock;
    this.#sizes = sizes;
  }

  find(hash: Buffer): Promise<CachedKey | null> {
    return this.#find(hash.toString("base64"), () => loadKey(this.#orm, eq(apiKeys.hash, hash)));
  }

  findHelper(helperId: string): Promise<CachedHelperKey | null> {
    return this.#find(helperId, () => loadHelperKey(this.#orm, eq(keyHelpers.id, helperId)));
  }

  /** By the hash of the helper's own secret. */
  findHelperByHash(hash: Buffer): Promise<CachedHelperKey | null> {
    return this.#find(`helper ${hash.toString("base64")}`, () => loadHelperKey(this.#orm, eq(keyHelpers.hash, hash)));
  }

  /** `all`, or one user's id. */
  drop(subject: string): void {
    this.#generation += 1;
    // Any change may be a key that a hash was waiting for.
    this.#unknown.clear();
    // Nor may anybody who asks from now on be told what was read before.
    this.#loading.clear();
    if (subject === "all") this.#keys.clear();
    for (const [name, entry] of this.#keys) if (entry.value.user.id === subject) this.#keys.delete(name);
  }

  /** A name is asked for with one kind of `load` only: helpers' ids, their hashes and those of keys look different. */
  async #find<T extends CachedKey>(name: string, load: () => Promise<T | null>): Promise<T | null> {
    const entry = this.#keys.get(name) ?? this.#unknown.get(name);
    if (entry && entry.expiresAtMs > this.#clock.now().getTime()) {
      if (entry.value !== null) insertLast(this.#keys, name, entry, this.#sizes.keysMax);
      return entry.value as T | null;
    }
    const loading = this.#loading.get(name) ?? this.#load(name, load);
    return loading as Promise<T | null>;
  }

  #load(name: string, load: () => Promise<CachedKey | null>): Promise<CachedKey | null> {
    const generation = this.#generation;
    const loading = load()
      .then((value) => {
        if (generation === this.#generation) this.#keep(name, value);
        return value;
      })
      .finally(() => {
        if (this.#loading.get(name) === loading) this.#loading.delete(name);
      });
    this.#loading.set(name, loading);
    return loading;
  }

  #keep(name: string, value: CachedKey | null): void {
    this.#keys.delete(name);
    this.#unknown.delete(name);
    const expiresAtMs = this.#clock.now().getTime() + LIFETIME_MS;
    if (value === null) insertLast(this.#unknown, name, { value, expiresAtMs }, this.#sizes.unknownMax);
    else insertLast(this.#keys, name, { value, expiresAtMs }, this.#sizes.keysMax);
  }
}

/** The first one is the one that was not used for the longest time. */
function insertLast<T>(map: Map<string, T>, name: string, entry: T, sizeMax: number): void {
  map.delete(name);
  if (map.size >= sizeMax) map.delete(map.keys().next().value as string);
  map.set(name, entry);
}

async function loadHelperKey(orm: Orm, which: SQL): Promise<CachedHelperKey | null> {
  const [helper] = await orm
    .select({ id: keyHelpers.id, revokedAt: keyHelpers.revokedAt, keyId: keyHelpers.keyId })
    .from(keyHelpers)
    .where(which);
  const found = helper && (await loadKey(orm, eq(apiKeys.id, helper.keyId)));
  return helper && found ? { ...found, helper: { id: helper.id, revokedAt: helper.revokedAt } } : null;
}

/** A key by whatever names it, past every cache. */
export async function loadKey(orm: Orm, which: SQL | undefined): Promise<CachedKey | null> {
  const [row] = await orm
    .select({ key: apiKeys, user: { id: users.id, status: users.status } })
    .from(apiKeys)
    .innerJoin(users, eq(users.id, apiKeys.userId))
    .where(which);
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
