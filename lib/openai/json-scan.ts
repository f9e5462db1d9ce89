import { isUtf8 } from "node:buffer";
import { AppError } from "@/lib/errors/app-error";
import { arrayElements, isArrayAt, isObjectAt, isSpace, objectMembers, readKey, skipSpace, skipString } from "@/lib/openai/json-walk";
import type { Member } from "@/lib/openai/json-walk";

/** One reading of a request body: what we saw is what upstream will see. */
export type BodyScan = {
  value: Readonly<Record<string, unknown>>;
  /** Top-level members by key, in the order they are written. */
  members: ReadonlyMap<string, Member>;
  byteLength: number;
};

const DEPTH_MAX = 256;
/**
 * Values that one body may hold. A few bytes of JSON can be an object in memory that is fifty times as large and takes a
 * hundred times as long to read; real conversations are mostly text.
 */
const VALUES_MAX = 500_000;
/** Below this not even a body of nothing but brackets reaches the limit. */
const COUNTED_FROM_BYTES = VALUES_MAX;
const PARAM_LENGTH_MAX = 120;

/**
 * Refuses what two readers could read differently: text that is not UTF-8, anything but one object, nesting beyond
 * 256, and a key that stands twice in the same object, at whatever path. `JSON.parse` validates and reads; the scan of
 * the bytes only finds the top-level spans and counts keys, and a document without duplicates has as many keys in
 * its bytes as in its value.
 */
export function scanBody(bytes: Buffer): BodyScan {
  if (!isUtf8(bytes)) throw new AppError("request_invalid", "The body is not valid UTF-8.");
  if (bytes.length > COUNTED_FROM_BYTES) checkValueCount(bytes);
  const value = parse(bytes);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new AppError("request_invalid", "The body must be one JSON object.");
  }
  const { members, keyCount } = walk(bytes);
  if (keyCount !== countKeys(value)) {
    const param = findDuplicate(bytes, skipSpace(bytes, 0), "") ?? "body";
    throw new AppError("request_invalid", `The body names "${param}" twice. Send each field once.`, { param });
  }
  return { value: value as Record<string, unknown>, members, byteLength: bytes.length };
}

/** Before anything is built: counts what stands between strings, and looks at nothing inside of them. */
function checkValueCount(bytes: Buffer): void {
  let count = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === 0x22) {
      at = skipString(bytes, at) - 1;
      continue;
    }
    if (byte !== 0x2c && byte !== 0x5b && byte !== 0x7b) continue;
    if (++count > VALUES_MAX) throw new AppError("body_too_large", `The body holds more than ${VALUES_MAX} values.`);
  }
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch (cause) {
    throw new AppError("request_invalid", "The body is not valid JSON.", { cause });
  }
}

function walk(bytes: Buffer): { members: Map<string, Member>; keyCount: number } {
  const members = new Map<string, Member>();
  let depth = 0;
  let keyCount = 0;
  let keyStart = -1;
  let keyEnd = -1;
  let valueStart = -1;
  let tokenEnd = 0;
  const closeMember = () => {
    if (valueStart < 0) return;
    const key = readKey(bytes, keyStart, keyEnd);
    members.set(key, { key, keyStart, valueStart, valueEnd: tokenEnd });
    keyStart = -1;
    valueStart = -1;
  };
  for (let at = 0; at < bytes.length;) {
    const byte = bytes[at];
    if (byte === 0x22) {
      const end = skipString(bytes, at);
      if (depth === 1 && keyStart < 0) {
        keyStart = at;
        keyEnd = end;
      }
      at = end;
      tokenEnd = end;
      continue;
    }
    if (byte === 0x7b || byte === 0x5b) {
      if (++depth > DEPTH_MAX) throw new AppError("request_invalid", `The body is nested deeper than ${DEPTH_MAX} levels.`);
    } else if (byte === 0x7d || byte === 0x5d) {
      if (depth === 1) closeMember();
      depth--;
    } else if (byte === 0x3a) {
      keyCount++;
      if (depth === 1) valueStart = skipSpace(bytes, at + 1);
    } else if (byte === 0x2c && depth === 1) {
      closeMember();
    }
    at++;
    if (!isSpace(byte)) tokenEnd = at;
  }
  return { members, keyCount };
}

function countKeys(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  let count = 0;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) count += countKeys(value[index]);
    return count;
  }
  for (const key in value) count += 1 + countKeys((value as Record<string, unknown>)[key]);
  return count;
}

function findDuplicate(bytes: Buffer, start: number, path: string): string | null {
  if (isObjectAt(bytes, start)) {
    const seen = new Set<string>();
    for (const member of objectMembers(bytes, start)) {
      const at = path === "" ? member.key : `${path}.${member.key}`;
      if (seen.has(member.key)) return at.slice(0, PARAM_LENGTH_MAX);
      seen.add(member.key);
      const inner = findDuplicate(bytes, member.valueStart, at);
      if (inner !== null) return inner;
    }
  } else if (isArrayAt(bytes, start)) {
    for (const [index, element] of arrayElements(bytes, start).entries()) {
      const inner = findDuplicate(bytes, element.start, `${path}[${index}]`);
      if (inner !== null) return inner;
    }
  }
  return null;
}
