import { createHash } from "node:crypto";
import type { Generation } from "@/lib/gateway/generation";
import type { HeaderMap } from "@/lib/http/call";
import type { ClientKind } from "@/lib/openai/client-kind";
import type { CodexLabels } from "@/lib/openai/codex-metadata";
import type { BodyScan } from "@/lib/openai/json-scan";
import { spliceBody } from "@/lib/openai/splice";

/** How long a finished answer that nobody received is kept for the client's next try. */
const UNDELIVERED_MS = 10 * 60_000;
/** An SDK's retry is believed to be one for this long. */
const SDK_RETRY_MS = 5 * 60_000;
const UNDELIVERED_BYTES_MAX = 64 * 1024 * 1024;
/** Times that one answer is given to somebody who asks for it again. */
const CLIENTS_MAX = 6;

type Entry = { generation: Generation; startedAtMs: number; endedAtMs: number | null };

export type Identity = { value: string; /** This very request says, or shows, that it was sent before. */ mayJoin: boolean; forMs: number };

/**
 * Charged once: a request that is sent again while its first sending still runs, or whose answer never arrived, is given the
 * same generation from its first byte.
 */
export class Joins {
  readonly #entries = new Map<string, Entry>();

  find(identity: Identity, nowMs: number): Generation | null {
    const entry = this.#entries.get(identity.value);
    if (!entry || !identity.mayJoin) return null;
    const { generation } = entry;
    const isOver = entry.endedAtMs !== null && nowMs - entry.endedAtMs > UNDELIVERED_MS;
    const isOld = nowMs - entry.startedAtMs > identity.forMs && entry.endedAtMs !== null;
    if (generation.clientsCame > CLIENTS_MAX) return null;
    if (generation.failed || generation.delivered || isOver || isOld || !generation.relay.replayable) return null;
    return generation;
  }

  add(identity: Identity, generation: Generation, now: () => Date): void {
    const entry: Entry = { generation, startedAtMs: now().getTime(), endedAtMs: null };
    this.#entries.set(identity.value, entry);
    generation.onDelivered = () => this.#forget(identity.value, entry);
    void generation.finished.then(() => {
      entry.endedAtMs = now().getTime();
      if (generation.failed) this.#forget(identity.value, entry);
      this.#sweep(now().getTime());
    });
  }

  #forget(value: string, entry: Entry): void {
    if (this.#entries.get(value) === entry) this.#entries.delete(value);
  }

  /** Oldest first: what is too old, and what no longer fits. */
  #sweep(nowMs: number): void {
    const ended = [...this.#entries].filter(([, entry]) => entry.endedAtMs !== null);
    let bytes = ended.reduce((sum, [, entry]) => sum + keptBytes(entry), 0);
    for (const [value, entry] of ended) {
      if (nowMs - (entry.endedAtMs ?? nowMs) <= UNDELIVERED_MS && bytes <= UNDELIVERED_BYTES_MAX) continue;
      bytes -= keptBytes(entry);
      entry.generation.relay.dropReplay();
      this.#forget(value, entry);
    }
  }
}

function keptBytes({ generation }: Entry): number {
  return Math.max(generation.relay.bytesWritten, generation.record.replyBytes);
}

/**
 * What makes two requests the same one. Codex sends no idempotency key, and re-sends a cut turn with the same body but for
 * `client_metadata`; SDKs may send one, or count their retries. Null: this request can never be joined.
 */
export function identityOf(input: {
  keyId: string;
  path: string;
  client: ClientKind;
  labels: CodexLabels;
  headers: HeaderMap;
  bytes: Buffer;
  scan: BodyScan;
}): Identity | null {
  const { keyId, path, client, labels, headers, bytes, scan } = input;
  if (client === "codex") {
    if (labels.threadId === null || labels.turnId === null) return null;
    const body = spliceBody(bytes, scan, [{ op: "remove", key: "client_metadata" }]);
    return {
      value: digest([keyId, path, labels.threadId, labels.turnId, labels.requestKind ?? ""], body),
      mayJoin: true,
      forMs: UNDELIVERED_MS,
    };
  }
  const idempotencyKey = headers["idempotency-key"];
  if (idempotencyKey !== undefined)
    return { value: digest([keyId, path, "idempotency", idempotencyKey], bytes), mayJoin: true, forMs: UNDELIVERED_MS };
  const retryCount = headers["x-stainless-retry-count"];
  if (retryCount === undefined) return null;
  return { value: digest([keyId, path, "retry"], bytes), mayJoin: Number(retryCount) > 0, forMs: SDK_RETRY_MS };
}

function digest(parts: readonly string[], body: Buffer): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${part.length}:${part};`);
  return hash.update(body).digest("base64");
}
