import { randomInt } from "node:crypto";

export const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** No character that is read for another one: no 0, O, 1, l, I. */
export const READABLE = "23456789abcdefghijkmnpqrstuvwxyz";

/** Characters drawn evenly from `alphabet` by the system's secure generator. */
export function randomText(alphabet: string, length: number): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join("");
}
