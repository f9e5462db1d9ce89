import type { ReplyPart } from "@/workers/simulator/openai/behaviour";
import { fillSchema } from "@/workers/simulator/openai/fill-schema";
import type { Prompt } from "@/workers/simulator/openai/read-prompt";

/**
 * The simulated model. It answers the last user message, always saying that no model ran, and obeys lines in it:
 *   run: echo hi            calls the shell tool that the client offers (several lines: several calls), then quotes its output
 *   escalate: touch /x      the same, asking for approval to leave the sandbox
 *   call: name {"a":1}      calls that function
 *   search: words           a web search item before the answer
 *   say: words              answers exactly that
 *   tokens: 500             answers with that many tokens
 *   slow: 30                takes about that many seconds (see `behaviourInPrompt`)
 * A request for JSON gets the smallest object that fits its schema; Codex's title, review and compaction requests get what they expect.
 */
const NOTICE = "Simulated answer (no model ran).";
const QUOTED_CHARS_MAX = 2_000;
const REPLY_TOKENS_MAX = 1_000_000;
const TITLE_CHARS_MAX = 36;
const LINE = /^\s*(run|escalate|call|search|say|tokens):[ \t]*(.*)$/gm;

export function composeReply(prompt: Prompt): ReplyPart[] {
  switch (prompt.purpose) {
    case "compaction":
      return [message(`${NOTICE} Summary of the conversation so far: the user is trying the simulator.`)];
    case "compaction_item":
      return [{ kind: "compaction", summary: `${NOTICE} Earlier conversation, compacted.` }];
    case "review":
      return [message(JSON.stringify(REVIEW))];
    case "turn":
      return prompt.schema === null ? composeTurn(prompt) : [message(JSON.stringify(fillSchema(prompt.schema, titleFor(prompt))))];
  }
}

const REVIEW = {
  findings: [],
  overall_correctness: "patch is correct",
  overall_explanation: `${NOTICE} Nothing was reviewed.`,
  overall_confidence_score: 0,
};

function composeTurn(prompt: Prompt): ReplyPart[] {
  const orders = [...prompt.text.matchAll(LINE)].map(([, verb, rest]) => ({ verb, rest: rest?.trim() ?? "" }));
  if (prompt.toolOutputs.length > 0) {
    return [message(`${NOTICE} The tool said:\n${prompt.toolOutputs.map(quote).join("\n")}`)];
  }
  const calls = orders.flatMap(({ verb, rest }) => toolCall(prompt, verb, rest) ?? []);
  if (calls.length > 0) return calls;
  const searches = orders.filter(({ verb }) => verb === "search").map(({ rest }): ReplyPart => ({ kind: "web_search", query: rest }));
  return [...searches, message(answer(prompt, orders))];
}

function answer(prompt: Prompt, orders: readonly { verb: string | undefined; rest: string }[]): string {
  const say = orders.find(({ verb }) => verb === "say");
  if (say) return say.rest;
  const tokens = orders.find(({ verb }) => verb === "tokens");
  if (tokens) return "sim ".repeat(Math.min(REPLY_TOKENS_MAX, Math.max(1, Number.parseInt(tokens.rest, 10) || 1)));
  const seen = prompt.images === 0 ? "" : ` I see ${prompt.images} ${prompt.images === 1 ? "image" : "images"}.`;
  return `${NOTICE}${seen} You said: ${quote(prompt.text)}`;
}

function toolCall(prompt: Prompt, verb: string | undefined, rest: string): ReplyPart | null {
  if (verb === "run" || verb === "escalate") {
    const escalation = verb === "escalate" ? { sandbox_permissions: "require_escalated", justification: "The user asked for it." } : {};
    const args = JSON.stringify({ cmd: rest, ...escalation });
    const direct = prompt.tools.get("exec_command");
    if (direct) return { kind: "function_call", name: "exec_command", arguments: args, namespace: direct.namespace };
    const code = prompt.tools.get("exec");
    if (code?.kind !== "custom") return null;
    return { kind: "custom_tool_call", name: "exec", namespace: code.namespace, input: `text(await tools.exec_command(${args}));\n` };
  }
  if (verb !== "call") return null;
  const [, wanted = "", args = ""] = /^(\S+)\s*(.*)$/.exec(rest) ?? [];
  // A lane may have put a prefix before the name that the user knows.
  const name = [...prompt.tools.keys()].find((known) => known === wanted || known.endsWith(`_${wanted}`)) ?? wanted;
  const tool = prompt.tools.get(name);
  return tool ? { kind: "function_call", name, arguments: args || "{}", namespace: tool.namespace } : null;
}

function titleFor(prompt: Prompt): string {
  const words = prompt.text.split("\n").findLast((line) => line.trim() !== "") ?? "";
  return `Simulated: ${words.trim()}`.slice(0, TITLE_CHARS_MAX).trim();
}

function message(text: string): ReplyPart {
  return { kind: "message", text };
}

function quote(text: string): string {
  return text.length <= QUOTED_CHARS_MAX ? text : `${text.slice(0, QUOTED_CHARS_MAX)}…`;
}
