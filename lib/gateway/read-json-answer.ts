import type { Readable } from "node:stream";

const ANSWER_BYTES_MAX = 64 * 1024 * 1024;

/** The whole body; null when it was cut or is larger than any answer. */
export async function readJsonAnswer(body: Readable): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      bytes += chunk.byteLength;
      if (bytes > ANSWER_BYTES_MAX) return null;
      chunks.push(chunk);
    }
  } catch {
    return null;
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, bytes);
}

/** `error.resets_at` or `error.resets_in_seconds` of a usage limit, as a Unix second; null when there is none to believe. */
export function resetsAtOf(body: Buffer | null, nowS = Date.now() / 1000): number | null {
  if (body === null) return null;
  try {
    const { error } = JSON.parse(body.toString("utf8")) as { error?: { resets_at?: unknown; resets_in_seconds?: unknown } };
    if (Number.isSafeInteger(error?.resets_at)) return error?.resets_at as number;
    if (Number.isSafeInteger(error?.resets_in_seconds)) return Math.ceil(nowS) + (error?.resets_in_seconds as number);
  } catch {
    return null;
  }
  return null;
}
