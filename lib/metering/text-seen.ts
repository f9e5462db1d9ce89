/** Far above the longest answer of any model; what is beyond is not kept, so a runaway stream stays bounded. */
const TEXT_LENGTH_MAX = 4 * 1024 * 1024;

/** The model text of one generation, gathered delta by delta. */
export class TextSeen {
  private gathered = "";
  bytes = 0;

  add(piece: string): void {
    if (piece === "") return;
    this.bytes += Buffer.byteLength(piece);
    if (this.gathered.length + piece.length <= TEXT_LENGTH_MAX) this.gathered += piece;
  }

  text(): string {
    return this.gathered;
  }
}

/**
 * The string value that follows `marker` (such as `"delta":"`) in one event's JSON, without parsing the event; null
 * when the marker is not there. A marker cannot match inside a JSON string: its quotes would be escaped there.
 */
export function stringAfter(data: Buffer, marker: Buffer): string | null {
  const found = data.indexOf(marker);
  if (found < 0) return null;
  const start = found + marker.length;
  let escaped = false;
  for (let at = start; at < data.length; at++) {
    const byte = data[at];
    if (byte === 0x22) {
      const raw = data.toString("utf8", start, at);
      return escaped ? unescape(raw) : raw;
    }
    if (byte === 0x5c) {
      escaped = true;
      at++;
    }
  }
  return null;
}

function unescape(raw: string): string {
  try {
    return JSON.parse(`"${raw}"`) as string;
  } catch {
    // Not JSON after all: the text is only counted, so its raw form is near enough.
    return raw;
  }
}
