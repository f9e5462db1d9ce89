import { uuidv7 } from "uuidv7";

/** Prefix of every kind of row that we name. Ids sort by creation time (UUIDv7) and say what they are. */
export type IdPrefix =
  | "usr"
  | "ses"
  | "link"
  | "key"
  | "hlp"
  | "lane"
  | "prov"
  | "price"
  | "req"
  | "hold"
  | "tr"
  | "aud"
  | "proc"
  | "alarm"
  | "mail"
  | "acct"
  | "run"
  | "sin"
  | "consent"
  | "aev"
  | "turn"
  | "inc";

export type Id<P extends IdPrefix> = string & { readonly __id: P };

/** `req_0193c1f2…`: the process that starts the work makes the id before it starts. */
export function newId<P extends IdPrefix>(prefix: P): Id<P> {
  return `${prefix}_${uuidv7().replaceAll("-", "")}` as Id<P>;
}

/** Whether a row could be named so. What could not, such as a text with a NUL, is not asked of the database, which would refuse it. */
export function isId(text: string): boolean {
  return /^[a-z]+_\w{1,64}$/.test(text);
}
