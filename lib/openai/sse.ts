import { AppError } from "@/lib/errors/app-error";

/**
 * Server-sent events, split at whatever byte they arrive. The raw bytes of all events, one after the other, are
 * exactly the input: what we forward is what upstream sent. Line ends may be `\n`, `\r\n` or `\r`; where an event
 * ends never depends on how the bytes were cut into chunks (a `\r` at the end of a chunk waits for its neighbour).
 */
export type SseEvent = {
  /** The exact bytes, including the blank line that ends the event. */
  raw: Buffer;
  event: string | null;
  /** The data lines joined by `\n`; null when the block has none (a comment, or an event that was cut off). */
  data: Buffer | null;
};

const LF = 0x0a;
const CR = 0x0d;
const EVENT_BYTES_MAX = 4 * 1024 * 1024;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

export class SseSplitter {
  private parts: Buffer[] = [];
  private partBytes = 0;
  private lineHasBytes = false;
  /** The last byte was a `\r`: a `\n` that follows belongs to the same line end. */
  private afterCr = false;
  /** That `\r` ended a blank line: the event is whole once its neighbour is known. */
  private eventWaits = false;
  private atStreamStart = true;

  push(chunk: Uint8Array): SseEvent[] {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (bytes.length === 0) return [];
    const events: SseEvent[] = [];
    let start = 0;
    let at = 0;
    if (this.afterCr) {
      this.afterCr = false;
      if (bytes[0] === LF) at = 1;
      if (this.eventWaits) {
        this.eventWaits = false;
        events.push(this.take(bytes.subarray(0, at)));
        start = at;
      }
    }
    const hasCr = bytes.includes(CR);
    while (at < bytes.length) {
      let end = hasCr ? nextLineEnd(bytes, at) : bytes.indexOf(LF, at);
      if (end < 0) {
        this.lineHasBytes = true;
        break;
      }
      const blank = end === at && !this.lineHasBytes;
      this.lineHasBytes = false;
      if (bytes[end] === CR) {
        if (end + 1 === bytes.length) {
          this.afterCr = true;
          this.eventWaits = blank;
          break;
        }
        if (bytes[end + 1] === LF) end++;
      }
      at = end + 1;
      if (blank) {
        events.push(this.take(bytes.subarray(start, at)));
        start = at;
      }
    }
    if (start < bytes.length) this.keep(start === 0 ? bytes : bytes.subarray(start));
    return events;
  }

  /** What is left when the stream ends. A last event without its blank line counts only when its data is whole. */
  end(): SseEvent[] {
    if (this.partBytes === 0) return [];
    const closed = this.eventWaits;
    const event = this.take(Buffer.alloc(0));
    return [closed || (event.data !== null && isWhole(event.data)) ? event : { ...event, data: null }];
  }

  private keep(part: Buffer): void {
    this.partBytes += part.length;
    if (this.partBytes > EVENT_BYTES_MAX) {
      throw new AppError("upstream_unavailable", "The provider sent an event that is too large.", {
        detail: `one SSE event is above ${EVENT_BYTES_MAX} bytes`,
      });
    }
    this.parts.push(part);
  }

  private take(last: Buffer): SseEvent {
    let raw = last;
    if (this.parts.length > 0) {
      this.keep(last);
      raw = Buffer.concat(this.parts, this.partBytes);
      this.parts = [];
      this.partBytes = 0;
    }
    const fields = this.atStreamStart && raw.subarray(0, 3).equals(BYTE_ORDER_MARK) ? raw.subarray(3) : raw;
    this.atStreamStart = false;
    return readFields(raw, fields);
  }
}

/** Our own event, or an upstream event with other data: one `data:` line per line of `data`. */
export function makeEvent(event: string | null, data: Buffer): SseEvent {
  const head = event === null ? "" : `event: ${event}\n`;
  const lines = data.includes(LF) ? Buffer.from(data.toString("utf8").replaceAll("\n", "\ndata: ")) : data;
  return { raw: Buffer.concat([Buffer.from(`${head}data: `), lines, Buffer.from("\n\n")]), event, data };
}

/** The event with other data; its other lines stay as they are. */
export function replaceData(event: SseEvent, data: Buffer): SseEvent {
  const start = event.data === null ? -1 : event.data.byteOffset - event.raw.byteOffset;
  const oneLine = event.data !== null && event.data.buffer === event.raw.buffer && !data.includes(LF);
  // Data of several lines was joined into bytes of its own, so it has no place in the raw event.
  if (!oneLine || start < 0 || start + event.data!.length > event.raw.length) return makeEvent(event.event, data);
  const raw = Buffer.concat([event.raw.subarray(0, start), data, event.raw.subarray(start + event.data!.length)]);
  return { raw, event: event.event, data };
}

function nextLineEnd(bytes: Buffer, from: number): number {
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === LF || byte === CR) return at;
  }
  return -1;
}

function readFields(raw: Buffer, bytes: Buffer): SseEvent {
  let event: string | null = null;
  let data: Buffer | null = null;
  let more: Buffer[] | null = null;
  const hasCr = bytes.includes(CR);
  for (let at = 0; at < bytes.length;) {
    const found = hasCr ? nextLineEnd(bytes, at) : bytes.indexOf(LF, at);
    const end = found < 0 ? bytes.length : found;
    if (isField(bytes, at, end, 0x64, "data")) {
      const value = fieldValue(bytes, at + 4, end);
      if (data === null) data = value;
      else (more ??= []).push(value);
    } else if (isField(bytes, at, end, 0x65, "event")) {
      event = fieldValue(bytes, at + 5, end).toString("utf8");
    }
    at = end + 1;
  }
  if (data !== null && more !== null) data = joinLines([data, ...more]);
  return { raw, event, data };
}

/** A field line is `name:…`, or the bare name, which means an empty value. */
function isField(bytes: Buffer, start: number, end: number, first: number, name: "data" | "event"): boolean {
  if (bytes[start] !== first || end - start < name.length) return false;
  const after = start + name.length;
  if (after < end && bytes[after] !== 0x3a) return false;
  return bytes.toString("latin1", start, after) === name;
}

function fieldValue(bytes: Buffer, afterName: number, end: number): Buffer {
  if (afterName >= end) return bytes.subarray(end, end);
  const start = afterName + 1;
  return bytes.subarray(bytes[start] === 0x20 && start < end ? start + 1 : start, end);
}

function joinLines(lines: Buffer[]): Buffer {
  return Buffer.concat(lines.flatMap((line, index) => (index === 0 ? [line] : [Buffer.from("\n"), line])));
}

function isWhole(data: Buffer): boolean {
  const text = data.toString("utf8");
  if (text === "[DONE]") return true;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
