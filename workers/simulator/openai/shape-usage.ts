import type { Behaviour } from "@/workers/simulator/openai/behaviour";
import { asObject, type JsonObject } from "@/workers/simulator/openai/read-prompt";

/** Applies what a behaviour wants reported instead of the true usage; undefined leaves usage out. */
export function shapeUsage(usage: JsonObject, wanted: Behaviour["usage"]): JsonObject | undefined {
  if (wanted === "omit") return undefined;
  return wanted === undefined ? usage : merge(usage, wanted);
}

function merge(base: JsonObject, over: JsonObject): JsonObject {
  const merged: JsonObject = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const [inner, innerOver] = [asObject(base[key]), asObject(value)];
    merged[key] = inner && innerOver ? merge(inner, innerOver) : value;
  }
  return merged;
}
