/** As long as a client may name a model: far beyond every real one, and what a ticket, a log row and a header can hold. */
export const MODEL_NAME_LENGTH_MAX = 200;

/** Control characters name nothing; the database takes no NUL, and UTF-8 no half of a surrogate pair. */
export function isModelName(text: string): boolean {
  return text.trim() !== "" && text.length <= MODEL_NAME_LENGTH_MAX && !/[\p{Cc}\p{Cs}]/u.test(text);
}
