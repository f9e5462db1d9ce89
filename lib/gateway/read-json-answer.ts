import type { AnswerBody } from "@/lib/gateway/ports";

const ANSWER_BYTES_MAX = 64 * 1024 * 1024;

/** The whole body; null when it was cut or is larger than any answer. */
export async function readJsonAnswer(body: AnswerBody): Promise<Buffer | null> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body) {
      bytes += chunk.byteLength;
      if (bytes > ANSWER_BYTES_MAX) return null;
      chunks.push(chunk);
    }
  } catch {
    return null;
  }
  const [only] = chunks;
  if (only && chunks.length === 1) return Buffer.from(only.buffer, only.byteOffset, only.byteLength);
  return Buffer.concat(chunks, bytes);
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
