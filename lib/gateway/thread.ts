import { createHash } from "node:crypto";
import { codexLanesAbove } from "@/lib/gateway/may-spill";
import type { GatewayLane, ThreadPin } from "@/lib/gateway/ports";
import type { CodexLabels } from "@/lib/openai/codex-metadata";
import type { RequestFacts, Wire } from "@/lib/openai/request-facts";
import type { BodyEdit } from "@/lib/openai/splice";

/*
 * A thread stays on its lane while that lane is healthy: prompt caches and encrypted reasoning are good there only. It goes
 * back to the top after five idle minutes (a new thread begins there anyway). On a paid lane below Codex lanes it stays for
 * the turn that it came with and no longer. A pin is a preference: one that leads nowhere is passed over.
 */

export type Thread = {
  id: string;
  turnId: string | null;
  /** The newest item is a tool's output: the model goes on with what it was doing. */
  continuesTurn: boolean;
  pin: ThreadPin | null;
  sealed: SealedItems;
};

/** Items of `input` that only the lane that made them can read. */
export type SealedItems = {
  itemsCount: number;
  /** Where encrypted reasoning stands: it can be left out. */
  reasoning: readonly number[];
  /** Type of an item that carries the conversation itself in sealed form (compaction): it cannot. */
  otherType: string | null;
};

/** What a thread's move means for the request. */
export type ThreadEdit = { kind: "can"; edits: BodyEdit[]; notes: string[] } | { kind: "cannot"; message: string };

const IDLE_MS = 5 * 60_000;
/** The longest that a turn keeps a thread on a paid lane below Codex lanes. */
const PAID_STAY_MS = 10 * 60_000;

const NOTHING_SEALED: SealedItems = { itemsCount: 0, reasoning: [], otherType: null };

/** What names the thread, hashed: clients choose these texts. Null: nothing does. */
export function threadIdOf(labels: CodexLabels, facts: RequestFacts): string | null {
  const [kind, name] =
    labels.threadId !== null
      ? ["thread", labels.threadId]
      : facts.promptCacheKey !== null
        ? ["prompt_cache_key", facts.promptCacheKey]
        : ["session", labels.sessionId];
  return name ? createHash("sha256").update(`${kind}:${name}`).digest("base64url") : null;
}

export function readSealed(wire: Wire, body: Readonly<Record<string, unknown>>): SealedItems {
  const input = body["input"];
  if (wire !== "responses" || !Array.isArray(input)) return NOTHING_SEALED;
  const reasoning: number[] = [];
  let otherType: string | null = null;
  for (const [index, item] of (input as unknown[]).entries()) {
    const { type, encrypted_content } = (item ?? {}) as { type?: unknown; encrypted_content?: unknown };
    if (typeof encrypted_content !== "string" || encrypted_content === "") continue;
    if (type === "reasoning") reasoning.push(index);
    else otherType ??= String(type);
  }
  return { itemsCount: input.length, reasoning, otherType };
}

export function continuesTurn(wire: Wire, body: Readonly<Record<string, unknown>>): boolean {
  const items = body[wire === "responses" ? "input" : "messages"];
  const last: unknown = Array.isArray(items) ? items.at(-1) : null;
  if (typeof last !== "object" || last === null) return false;
  const { type, role } = last as { type?: unknown; role?: unknown };
  return wire === "chat" ? role === "tool" : typeof type === "string" && type.endsWith("_output");
}

/** The lane on which the thread goes on, ahead of the owner's order; null: the order decides. */
export function pinnedLane(thread: Thread | null, lanes: readonly GatewayLane[], now: Date): string | null {
  if (!thread?.pin) return null;
  const { pin } = thread;
  const lane = lanes.find(({ id }) => id === pin.laneId);
  if (!lane || now.getTime() - pin.lastUsedAt.getTime() >= IDLE_MS) return null;
  if (lane.kind === "codex" || codexLanesAbove(lane, lanes).length === 0) return lane.id;
  const sameTurn = pin.turnId !== null && thread.turnId !== null ? pin.turnId === thread.turnId : thread.continuesTurn;
  return sameTurn && now.getTime() - pin.pinnedAt.getTime() < PAID_STAY_MS ? lane.id : null;
}

/** What must be left out for this lane because another one made it, and whether the rest still is the conversation. */
export function editForLane(thread: Thread | null, laneId: string): ThreadEdit {
  const foreign = thread ? foreignItemsOn(thread, laneId) : 0;
  if (!thread || foreign === 0) return { kind: "can", edits: [], notes: [] };
  const { pin, sealed } = thread;
  if (pin?.laneId !== laneId && sealed.otherType !== null) {
    return {
      kind: "cannot",
      message: `The conversation holds a sealed "${sealed.otherType}" item that only the lane it was made on can read. Start a new thread, or wait for that lane.`,
    };
  }
  return { kind: "can", ...leaveOut(sealed.reasoning.filter((index) => index < foreign)) };
}

export function leaveOut(reasoning: readonly number[]): { edits: BodyEdit[]; notes: string[] } {
  if (reasoning.length === 0) return { edits: [], notes: [] };
  const items = reasoning.length === 1 ? "1 item" : `${reasoning.length} items`;
  return {
    edits: [{ op: "removeElements", path: ["input"], indexes: reasoning }],
    notes: [`${items} of encrypted reasoning left out: made on another lane`],
  };
}

/** How many of the first items of `input` were made elsewhere, seen from this lane. */
export function foreignItemsOn({ pin, sealed }: Thread, laneId: string): number {
  if (!pin) return 0;
  if (pin.laneId !== laneId) return sealed.itemsCount;
  // A shorter input than that has been rewritten since.
  return pin.foreignItems <= sealed.itemsCount ? pin.foreignItems : 0;
}
