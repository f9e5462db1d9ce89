import type { Tokenizer } from "@/lib/turns/output-limit";

/** Of the models' family. What looks like a special token in an answer is text there. */
export async function loadTokenizer(): Promise<Tokenizer> {
  const { decode, encode } = await import("gpt-tokenizer/encoding/o200k_base");
  const asText = { disallowedSpecial: new Set<string>() };
  return { encode: (text) => encode(text, asText), decode: (tokens) => decode([...tokens]) };
}
