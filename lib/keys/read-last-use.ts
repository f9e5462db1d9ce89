import { and, asc, between, desc, eq, gte } from "drizzle-orm";
import type { Reader } from "@/db/client";
import { apiKeys, apiKeyUsage } from "@/db/schema/keys";
import { lanes } from "@/db/schema/lanes";
import { requests } from "@/db/schema/requests";
import type { Viewer } from "@/lib/access/viewer";
import { AppError } from "@/lib/errors/app-error";
import { isId } from "@/lib/ids/ids";
import { isStorableInstant } from "@/lib/time/storable-instant";
import { toUsdString } from "@/lib/money/micro-usd";

export type LastUse = {
  /** When a request was last let in; it may still be running. */
  lastUsedAt: string | null;
  /** The newest one that is on the log. */
  request: UsedRequest | null;
  /** The oldest one that was answered whole. */
  firstCompleted: UsedRequest | null;
};

export type UsedRequest = {
  id: string;
  startedAt: string;
  model: string | null;
  laneKind: string | null;
  laneLabel: string | null;
  outcome: string;
  status: number;
  /** As the client saw it. */
  errorText: string | null;
  costUsd: string;
};

/** Another owner's key does not exist. */
export async function readLastUse(reader: Reader, viewer: Viewer, input: { keyId: string; since: string | null }): Promise<LastUse> {
  const since = input.since === null ? new Date(0) : new Date(input.since);
  if (input.since !== null && !isStorableInstant(since)) {
    throw new AppError("request_invalid", "since must be an instant like 2026-11-20T09:30:00Z.", { param: "since" });
  }
  const key = isId(input.keyId) ? await findKey(reader, input.keyId) : undefined;
  if (!key || key.userId !== viewer.userId) throw new AppError("not_found", "There is no such key.");
  const counted = and(eq(requests.keyId, input.keyId), gte(requests.startedAt, since));
  const [newest, completed] = await Promise.all([
    selectRequests(reader).where(counted).orderBy(desc(requests.startedAt)).limit(1),
    selectRequests(reader)
      // What is passed on unread counts as completed with whatever its upstream said.
      .where(and(counted, eq(requests.outcome, "completed"), between(requests.status, 200, 299)))
      .orderBy(asc(requests.startedAt))
      .limit(1),
  ]);
  const lastUsedAt = key.lastUsedAt && key.lastUsedAt >= since ? key.lastUsedAt.toISOString() : null;
  return { lastUsedAt, request: usedRequest(newest[0]), firstCompleted: usedRequest(completed[0]) };
}

async function findKey(reader: Reader, keyId: string): Promise<{ userId: string; lastUsedAt: Date | null } | undefined> {
  const [key] = await reader
    .select({ userId: apiKeys.userId, lastUsedAt: apiKeyUsage.lastUsedAt })
    .from(apiKeys)
    .innerJoin(apiKeyUsage, eq(apiKeyUsage.keyId, apiKeys.id))
    .where(eq(apiKeys.id, keyId));
  return key;
}

function selectRequests(reader: Reader) {
  return reader.select({ request: requests, laneLabel: lanes.label }).from(requests).leftJoin(lanes, eq(lanes.id, requests.laneId));
}

function usedRequest(row: { request: typeof requests.$inferSelect; laneLabel: string | null } | undefined): UsedRequest | null {
  if (!row) return null;
  const { id, startedAt, model, laneKind, outcome, status, errorText, cost } = row.request;
  const { laneLabel } = row;
  return { id, startedAt: startedAt.toISOString(), model, laneKind, laneLabel, outcome, status, errorText, costUsd: toUsdString(cost) };
}
