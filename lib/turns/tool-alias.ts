/**
 * The name under which the model knows a tool of the client. Codex silently drops a tool that bears the name of one of its own, so all of
 * them get a prefix that no tool of Codex has.
 */
const PREFIX = "fn_";

/** What Codex takes as a name, less our prefix. */
const NAME = /^[a-zA-Z0-9_-]{1,125}$/;

export function isToolName(name: string): boolean {
  return NAME.test(name);
}

export function toolAlias(name: string): string {
  return PREFIX + name;
}

/** Null: not a tool of the client. */
export function toolName(alias: string): string | null {
  return alias.startsWith(PREFIX) ? alias.slice(PREFIX.length) : null;
}
