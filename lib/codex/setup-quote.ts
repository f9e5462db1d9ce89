/** One argument of a POSIX shell. */
export function quoteSh(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** One argument of PowerShell, to which the four typographic single quotes are quotes as well. */
export function quotePowershell(text: string): string {
  return `'${text.replaceAll(/['\u2018\u2019\u201a\u201b]/g, "$&$&")}'`;
}

/** What no quoting brings through cmd: it expands `%` and `!` also between quotes, and a program takes `"` for an end. */
const NOT_IN_CMD = /["%!\p{Cc}]/u;

export function isCmdSafe(text: string): boolean {
  return !NOT_IN_CMD.test(text);
}

/** One argument of cmd. Programs there read a backslash before the closing quote as part of it. */
export function quoteCmd(text: string): string {
  if (!isCmdSafe(text)) throw new Error(`cmd cannot be given ${JSON.stringify(text)}`);
  return `"${text.replace(/\\+$/, "$&$&")}"`;
}
