/** Items that the client acts on as soon as they are done: it runs something and sends the result back. */
const CLIENT_CALLS = new Set([
  "function_call",
  "custom_tool_call",
  "local_shell_call",
  "shell_call",
  "apply_patch_call",
  "tool_search_call",
  "computer_call",
  "mcp_approval_request",
]);

export type OutputItem = Record<string, unknown>;

export function isClientCall(item: OutputItem): boolean {
  return typeof item["type"] === "string" && CLIENT_CALLS.has(item["type"]);
}

/** A search is sold; opening a page that it found, or looking through it, is not. */
export function isPaidSearch(item: OutputItem): boolean {
  if (item["type"] !== "web_search_call") return false;
  const action = item["action"];
  if (typeof action !== "object" || action === null) return true;
  const type = (action as OutputItem)["type"];
  return type === undefined || type === "search";
}

/** The model's own text in one output item: answer, refusal, reasoning, summary, arguments or tool input. */
export function itemText(item: OutputItem): string {
  const pieces: string[] = [];
  for (const key of ["arguments", "input", "code"]) {
    if (typeof item[key] === "string") pieces.push(item[key]);
  }
  for (const key of ["content", "summary"]) {
    const parts = item[key];
    if (!Array.isArray(parts)) continue;
    for (const part of parts as unknown[]) {
      if (typeof part !== "object" || part === null) continue;
      const { text, refusal } = part as OutputItem;
      if (typeof text === "string") pieces.push(text);
      else if (typeof refusal === "string") pieces.push(refusal);
    }
  }
  return pieces.join("");
}

export function outputItems(output: unknown): OutputItem[] {
  if (!Array.isArray(output)) return [];
  return (output as unknown[]).filter((item): item is OutputItem => typeof item === "object" && item !== null);
}
