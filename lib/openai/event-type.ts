import { isObjectAt, objectMembers, skipSpace } from "@/lib/openai/json-walk";

const TYPE_FIRST = Buffer.from('{"type":"');

/** The `type` of one event's JSON, read from the bytes; upstreams write it first. Null when there is none. */
export function eventType(data: Buffer): string | null {
  if (data.length > TYPE_FIRST.length && data.compare(TYPE_FIRST, 0, TYPE_FIRST.length, 0, TYPE_FIRST.length) === 0) {
    const end = data.indexOf(0x22, TYPE_FIRST.length);
    if (end > 0) return data.toString("latin1", TYPE_FIRST.length, end);
  }
  const start = skipSpace(data, 0);
  if (!isObjectAt(data, start)) return null;
  const member = objectMembers(data, start).find(({ key }) => key === "type");
  if (!member || data[member.valueStart] !== 0x22) return null;
  return data.toString("utf8", member.valueStart + 1, member.valueEnd - 1);
}
