import assert from "node:assert/strict";
import { arrayElements, isArrayAt, isObjectAt, objectMembers, skipSpace } from "@/lib/openai/json-walk";
import type { BodyScan } from "@/lib/openai/json-scan";
import type { Span } from "@/lib/openai/json-walk";

/**
 * A named change of the raw body. `set` and `remove` name a top-level key; `removeElements` takes elements out of the
 * array at `path`: `["tools"]`, or `["input", 0, "tools"]` for tools that travel inside an input item.
 */
export type BodyEdit =
  | { op: "set"; key: string; json: string }
  | { op: "remove"; key: string }
  | { op: "removeElements"; path: readonly [string, ...(string | number)[]]; indexes: readonly number[] };

type Cut = Span & { insert: string };

/** The body with the edits applied; every byte that no edit names stays as it was. The last `set` or `remove` of a key counts. */
export function spliceBody(bytes: Buffer, scan: BodyScan, edits: readonly BodyEdit[]): Buffer {
  if (edits.length === 0) return bytes;
  const cuts = [...memberCuts(bytes, scan, edits), ...elementCuts(bytes, scan, edits)];
  cuts.sort((a, b) => a.start - b.start || a.end - b.end);
  const parts: Buffer[] = [];
  let at = 0;
  for (const cut of cuts) {
    assert(cut.start >= at, "edits of one body must not overlap");
    parts.push(bytes.subarray(at, cut.start));
    if (cut.insert !== "") parts.push(Buffer.from(cut.insert));
    at = cut.end;
  }
  parts.push(bytes.subarray(at));
  return Buffer.concat(parts);
}

function memberCuts(bytes: Buffer, scan: BodyScan, edits: readonly BodyEdit[]): Cut[] {
  const last = new Map<string, BodyEdit & { op: "set" | "remove" }>();
  for (const edit of edits) {
    if (edit.op !== "removeElements") last.set(edit.key, edit);
  }
  if (last.size === 0) return [];
  const members = [...scan.members.values()];
  const removed = members.map((member) => last.get(member.key)?.op === "remove");
  const cuts = listCuts(
    members.map((member) => ({ start: member.keyStart, end: member.valueEnd })),
    removed,
  );
  const added: string[] = [];
  for (const edit of last.values()) {
    if (edit.op === "remove") continue;
    const member = scan.members.get(edit.key);
    if (member) cuts.push({ start: member.valueStart, end: member.valueEnd, insert: edit.json });
    else added.push(`${JSON.stringify(edit.key)}:${edit.json}`);
  }
  if (added.length > 0) {
    const keptSome = removed.includes(false);
    const end = members.at(-1)?.valueEnd ?? skipSpace(bytes, 0) + 1;
    cuts.push({ start: end, end, insert: (keptSome ? "," : "") + added.join(",") });
  }
  return cuts;
}

function elementCuts(bytes: Buffer, scan: BodyScan, edits: readonly BodyEdit[]): Cut[] {
  const rewritten = new Set(edits.flatMap((edit) => (edit.op === "removeElements" ? [] : [edit.key])));
  const byPath = new Map<string, { path: readonly (string | number)[]; indexes: Set<number> }>();
  for (const edit of edits) {
    // A key that is set or removed as a whole takes its inner edits with it.
    if (edit.op !== "removeElements" || rewritten.has(edit.path[0])) continue;
    const name = JSON.stringify(edit.path);
    const merged = byPath.get(name) ?? { path: edit.path, indexes: new Set<number>() };
    for (const index of edit.indexes) merged.indexes.add(index);
    byPath.set(name, merged);
  }
  return [...byPath.values()].flatMap(({ path, indexes }) => {
    const start = locate(bytes, scan, path);
    assert(start !== null && isArrayAt(bytes, start), "removeElements must name an array");
    const elements = arrayElements(bytes, start);
    return listCuts(
      elements,
      elements.map((_, index) => indexes.has(index)),
    );
  });
}

function locate(bytes: Buffer, scan: BodyScan, path: readonly (string | number)[]): number | null {
  let at: number | null = null;
  for (const [depth, step] of path.entries()) {
    if (depth === 0) at = scan.members.get(String(step))?.valueStart ?? null;
    else if (at === null) return null;
    else if (typeof step === "number") at = isArrayAt(bytes, at) ? (arrayElements(bytes, at)[step]?.start ?? null) : null;
    else at = isObjectAt(bytes, at) ? (objectMembers(bytes, at).find((member) => member.key === step)?.valueStart ?? null) : null;
  }
  return at;
}

/**
 * Which bytes go when some of a comma-separated list go: before the first one that stays, each takes the comma after
 * it; behind it, each takes the comma before it.
 */
function listCuts(spans: readonly Span[], removed: readonly boolean[]): Cut[] {
  const firstKept = removed.indexOf(false);
  return spans.flatMap((span, index) => {
    if (!removed[index]) return [];
    const before = firstKept >= 0 && firstKept < index;
    if (before) return [{ start: spans[index - 1]!.end, end: span.end, insert: "" }];
    return [{ start: span.start, end: spans[index + 1]?.start ?? span.end, insert: "" }];
  });
}
