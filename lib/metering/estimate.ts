/**
 * Characters that are tokenised at once. The tokeniser's cost grows with the square of the longest unbroken word,
 * and an answer may be one such word.
 */
const PIECE_LENGTH = 4_096;

/**
 * Tokens of the output that was seen, for a request whose usage never came. The same text always gives the same
 * count; cutting it into pieces can only add to it, by at most a token per piece.
 */
export async function countOutputTokens(text: string): Promise<number> {
  if (text === "") return 0;
  // The tables take long to load and are needed only for interrupted requests.
  const { countTokens } = await import("gpt-tokenizer/encoding/o200k_base");
  const asText = { disallowedSpecial: new Set<string>() };
  let tokens = 0;
  for (let at = 0; at < text.length; at += PIECE_LENGTH) tokens += countTokens(text.slice(at, at + PIECE_LENGTH), asText);
  return tokens;
}
