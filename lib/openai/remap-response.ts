import { eventType } from "@/lib/openai/event-type";
import { isObjectAt, objectMembers, skipSpace } from "@/lib/openai/json-walk";
import { replaceData } from "@/lib/openai/sse";
import type { SseEvent } from "@/lib/openai/sse";

const PREAMBLE = new Set(["response.created", "response.queued", "response.in_progress"]);

/**
 * Once we have announced a response of our own, the upstream's events continue that one: its preamble is dropped, its
 * response id becomes ours, and sequence numbers go on where we are.
 */
export class ResponseRemap {
  constructor(
    private readonly responseId: string,
    private next: number,
  ) {}

  /** The number of the next event that we would send ourselves. */
  get nextSequenceNumber(): number {
    return this.next;
  }

  /** Numbers an event of our own that is sent in between. */
  takeSequenceNumber(): number {
    return this.next++;
  }

  /** The event as the client sees it; null when the client has already been told. */
  map(event: SseEvent): SseEvent | null {
    const { data } = event;
    if (data === null) return event;
    const type = eventType(data);
    if (type !== null && PREAMBLE.has(type)) return null;
    const start = skipSpace(data, 0);
    if (!isObjectAt(data, start)) return event;
    const parts: Buffer[] = [];
    let at = 0;
    const put = (valueStart: number, valueEnd: number, json: string) => {
      parts.push(data.subarray(at, valueStart), Buffer.from(json));
      at = valueEnd;
    };
    for (const member of objectMembers(data, start)) {
      if (member.key === "sequence_number") put(member.valueStart, member.valueEnd, String(this.takeSequenceNumber()));
      if (member.key !== "response" || !isObjectAt(data, member.valueStart)) continue;
      const id = objectMembers(data, member.valueStart).find(({ key }) => key === "id");
      if (id) put(id.valueStart, id.valueEnd, JSON.stringify(this.responseId));
    }
    return at === 0 ? event : replaceData(event, Buffer.concat([...parts, data.subarray(at)]));
  }
}
