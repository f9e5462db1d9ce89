import { createHash } from "node:crypto";

/**
 * Plausible token counts, the same for the same bytes every time: a quarter of the UTF-8 bytes, and a flat number per image. Never more
 * than the bytes, as with a real tokenizer.
 */
const BYTES_PER_TOKEN = 4;
const TOKENS_PER_IMAGE = 765;
/** OpenAI caches prompts from this length on, in steps of 128. */
const CACHED_TOKENS_MIN = 1024;
const CACHE_STEP_TOKENS = 128;
const CACHE_KEYS_MAX = 1_000;

export function countTextTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN);
}

/** The first `tokens` tokens of a text, never splitting a character. */
export function cutToTokens(text: string, tokens: number): string {
  const bytes = Buffer.from(text);
  let end = Math.min(bytes.length, Math.max(0, tokens) * BYTES_PER_TOKEN);
  while (end > 0 && end < bytes.length && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.toString("utf8", 0, end);
}

export function countTokens(value: unknown): number {
  const seen = { bytes: 0, images: 0 };
  weigh(value, seen);
  return Math.ceil(seen.bytes / BYTES_PER_TOKEN) + seen.images * TOKENS_PER_IMAGE;
}

function weigh(value: unknown, seen: { bytes: number; images: number }): void {
  if (typeof value === "string") {
    if (value.startsWith("data:image/")) seen.images += 1;
    else seen.bytes += Buffer.byteLength(value);
  } else if (Array.isArray(value)) {
    for (const entry of value) weigh(entry, seen);
  } else if (typeof value === "object" && value !== null) {
    for (const key in value) {
      seen.bytes += key.length;
      weigh((value as Record<string, unknown>)[key], seen);
    }
  } else {
    seen.bytes += 4;
  }
}

/** Remembers, per cache key, the last prompt's pieces; what a new prompt has in common with it from the start is cached input. */
export class PromptCache {
  private readonly byKey = new Map<string, { hash: string; tokens: number }[]>();

  cachedTokens(key: string, pieces: readonly unknown[]): number {
    const now = pieces.map((piece) => ({
      hash: createHash("sha1")
        .update(JSON.stringify(piece) ?? "")
        .digest("base64"),
      tokens: countTokens(piece),
    }));
    const before = this.byKey.get(key) ?? [];
    this.byKey.delete(key);
    this.byKey.set(key, now);
    if (this.byKey.size > CACHE_KEYS_MAX) this.byKey.delete(this.byKey.keys().next().value as string);

    let common = 0;
    for (let index = 0; index < now.length && now[index]?.hash === before[index]?.hash; index += 1) common += now[index]?.tokens ?? 0;
    return common < CACHED_TOKENS_MIN ? 0 : common - (common % CACHE_STEP_TOKENS);
  }
}
