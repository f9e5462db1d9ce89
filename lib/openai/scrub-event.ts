import { comesBack } from "@/lib/openai/forward-headers";
import { isObjectAt, objectMembers, skipSpace } from "@/lib/openai/json-walk";
import { replaceData } from "@/lib/openai/sse";
import type { SseEvent } from "@/lib/openai/sse";

/**
 * Upstream repeats response headers inside some events (`response.created` and errors): what may not come back as a
 * header may not come back there either.
 */
const HEADERS_KEY = Buffer.from('"headers"');

type ScrubOptions = { operatorKey: boolean };

/** The stricter list. */
const OPERATOR_KEY: ScrubOptions = { operatorKey: true };

export function scrubEvent(event: SseEvent, options: ScrubOptions = OPERATOR_KEY): SseEvent {
  if (event.data === null) return event;
  const data = scrubJson(event.data, options);
  return data === event.data ? event : replaceData(event, data);
}

/** The same for a whole JSON answer. Bytes that hold no such header come back as the same buffer. */
export function scrubJson(data: Buffer, options: ScrubOptions = OPERATOR_KEY): Buffer {
  if (!data.includes(HEADERS_KEY)) return data;
  const start = skipSpace(data, 0);
  if (!isObjectAt(data, start)) return data;
  const places: number[] = [];
  for (const member of objectMembers(data, start)) {
    if (member.key === "headers") places.push(member.valueStart);
    else if ((member.key === "response" || member.key === "error") && isObjectAt(data, member.valueStart)) {
      for (const inner of objectMembers(data, member.valueStart)) if (inner.key === "headers") places.push(inner.valueStart);
    }
  }
  const parts: Buffer[] = [];
  let at = 0;
  for (const place of places) {
    if (!isObjectAt(data, place)) continue;
    const members = objectMembers(data, place);
    const kept = members.filter((member) => comesBack(member.key.toLowerCase(), options));
    if (kept.length === members.length) continue;
    const last = members.at(-1)!;
    const inside = kept.map((member) => data.toString("utf8", member.keyStart, member.valueEnd)).join(",");
    parts.push(data.subarray(at, members[0]!.keyStart), Buffer.from(inside));
    at = last.valueEnd;
  }
  return at === 0 ? data : Buffer.concat([...parts, data.subarray(at)]);
}
