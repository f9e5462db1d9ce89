import { lostKeywords } from "@/lib/turns/codex-schema";
import { asDict, asList, isSet } from "@/lib/turns/json-value";
import type { Judgement, Refusal } from "@/lib/turns/judgement";
import type { Dict } from "@/lib/turns/json-value";
import type { Wire } from "@/lib/openai/request-facts";

/** What may stand inside `input`, `messages` and `tools` on a Codex lane: part of the published table. */
type Verdict = { does: "can" | "cannot"; note: string };

const OWN_TOOLS_OFF = "Codex's own tools are switched off, and those of the client are functions.";
const NOT_STORED = "Nothing is stored: send the content itself.";

export const CODEX_ITEMS: Readonly<Record<string, Verdict>> = {
  message: { does: "can", note: "Of system, developer, user or assistant." },
  reasoning: { does: "can", note: "With encrypted content of the same ChatGPT account; without, it is left out." },
  function_call: { does: "can", note: "With its output later in the input." },
  function_call_output: { does: "can", note: "Text and images." },
  item_reference: { does: "cannot", note: NOT_STORED },
  custom_tool_call: { does: "cannot", note: OWN_TOOLS_OFF },
  custom_tool_call_output: { does: "cannot", note: OWN_TOOLS_OFF },
  additional_tools: { does: "cannot", note: OWN_TOOLS_OFF },
  web_search_call: { does: "cannot", note: OWN_TOOLS_OFF },
  local_shell_call: { does: "cannot", note: OWN_TOOLS_OFF },
  local_shell_call_output: { does: "cannot", note: OWN_TOOLS_OFF },
  compaction: { does: "cannot", note: "Only the lane that made it can read it, and a Codex lane makes none." },
  compaction_trigger: { does: "cannot", note: "A Codex lane makes no compactions." },
};

export const CODEX_PARTS: Readonly<Record<string, Verdict>> = {
  text: { does: "can", note: "As it is." },
  input_text: { does: "can", note: "As it is." },
  output_text: { does: "can", note: "As it is." },
  refusal: { does: "can", note: "As the assistant's text." },
  input_image: { does: "can", note: "Data URLs, and https URLs, which are fetched first." },
  image_url: { does: "can", note: "Data URLs, and https URLs, which are fetched first." },
  input_file: { does: "cannot", note: "Send its text, or images of its pages." },
  file: { does: "cannot", note: "Send its text, or images of its pages." },
  input_audio: { does: "cannot", note: "Codex does not listen." },
};

export const CODEX_TOOLS: Readonly<Record<string, Verdict>> = {
  function: { does: "can", note: "Under a name of ours towards the model; `strict` and some keywords of the schema are ignored." },
  custom: { does: "cannot", note: OWN_TOOLS_OFF },
  namespace: { does: "cannot", note: OWN_TOOLS_OFF },
  tool_search: { does: "cannot", note: OWN_TOOLS_OFF },
  web_search: { does: "cannot", note: OWN_TOOLS_OFF },
  file_search: { does: "cannot", note: OWN_TOOLS_OFF },
  code_interpreter: { does: "cannot", note: OWN_TOOLS_OFF },
  image_generation: { does: "cannot", note: OWN_TOOLS_OFF },
  mcp: { does: "cannot", note: OWN_TOOLS_OFF },
  local_shell: { does: "cannot", note: OWN_TOOLS_OFF },
  shell: { does: "cannot", note: OWN_TOOLS_OFF },
  apply_patch: { does: "cannot", note: OWN_TOOLS_OFF },
};

const ROLES: Readonly<Record<Wire, ReadonlySet<unknown>>> = {
  responses: new Set(["system", "developer", "user", "assistant"]),
  chat: new Set(["system", "developer", "user", "assistant", "tool"]),
};
const MESSAGE_FIELDS = new Set([
  "role",
  "content",
  "name",
  "refusal",
  "tool_calls",
  "tool_call_id",
  "audio",
  "function_call",
  "annotations",
]);
const FUNCTION_FIELDS = new Set(["type", "name", "description", "parameters", "strict"]);

export function judgeInput(input: unknown): Judgement {
  for (const [index, entry] of asList(input).entries()) {
    const item = asDict(entry);
    if (item === null) continue;
    const at = `input[${index}]`;
    const type = typeof item["type"] === "string" ? item["type"] : item["role"] === undefined ? "item_reference" : "message";
    const refusal =
      typeRefusal(CODEX_ITEMS, type, at, "Items") ??
      (type === "message" ? roleRefusal("responses", item, at) : null) ??
      contentRefusal(item["content"], `${at}.content`) ??
      contentRefusal(item["output"], `${at}.output`) ??
      (isSet(item["namespace"]) ? refused(`${at}.namespace`, "Tools in namespaces are not supported on a Codex lane.") : null);
    if (refusal) return { ignored: [], refusal };
  }
  return { ignored: [], refusal: null };
}

export function judgeMessages(messages: unknown): Judgement {
  const ignored = new Set<string>();
  for (const [index, entry] of asList(messages).entries()) {
    const message = asDict(entry);
    if (message === null) continue;
    const at = `messages[${index}]`;
    const refusal =
      roleRefusal("chat", message, at) ??
      unknownMember(message, at) ??
      contentRefusal(message["content"], `${at}.content`) ??
      callsRefusal(message["tool_calls"], `${at}.tool_calls`);
    if (refusal) return { ignored: [], refusal };
    if (isSet(message["name"])) ignored.add("messages.name");
  }
  return { ignored: [...ignored], refusal: null };
}

export function judgeTools(tools: unknown, wire: Wire): Judgement {
  const ignored = new Set<string>();
  for (const [index, entry] of asList(tools).entries()) {
    const tool = asDict(entry);
    if (tool === null) continue;
    const at = `tools[${index}]`;
    const typed = typeRefusal(CODEX_TOOLS, String(tool["type"]), at, "Tools");
    if (typed) return { ignored: [], refusal: typed };
    const definition = wire === "chat" ? (asDict(tool["function"]) ?? {}) : tool;
    const unknown = Object.keys(definition).find((key) => isSet(definition[key]) && !FUNCTION_FIELDS.has(key));
    if (unknown !== undefined) {
      return { ignored: [], refusal: refused(`${at}.${unknown}`, `${unknown} of a function is not supported on a Codex lane.`) };
    }
    if (definition["strict"] === true) ignored.add("tools.strict");
    for (const keyword of lostKeywords(definition["parameters"])) ignored.add(`tools.parameters.${keyword}`);
  }
  return { ignored: [...ignored], refusal: null };
}

export function judgeToolChoice(choice: unknown): Judgement {
  if (choice === "auto" || choice === "none") return { ignored: [], refusal: null };
  const named = typeof choice === "string" ? `"${choice}"` : "that names tools";
  return {
    ignored: [],
    refusal: refused("tool_choice", `tool_choice ${named} is not supported on a Codex lane: use auto or none.`),
  };
}

function typeRefusal(table: Readonly<Record<string, Verdict>>, type: string, at: string, what: string): Refusal | null {
  const row = Object.hasOwn(table, type) ? table[type] : undefined;
  if (row?.does === "can") return null;
  const why = row ? ` ${row.note}` : "";
  return refused(at, `${what} of type "${type}" are not supported on a Codex lane.${why}`);
}

function roleRefusal(wire: Wire, message: Dict, at: string): Refusal | null {
  if (ROLES[wire].has(message["role"])) return null;
  return refused(`${at}.role`, `The role ${JSON.stringify(message["role"])} is not supported on a Codex lane.`);
}

function unknownMember(message: Dict, at: string): Refusal | null {
  for (const key of Object.keys(message)) {
    if (!isSet(message[key])) continue;
    if (!MESSAGE_FIELDS.has(key)) return refused(`${at}.${key}`, `${key} of a message is not supported on a Codex lane.`);
    if (key === "audio") return refused(`${at}.audio`, "Spoken answers are not supported on a Codex lane.");
    if (key === "function_call") return refused(`${at}.function_call`, "function_call is not supported on a Codex lane: use tool_calls.");
  }
  return null;
}

function callsRefusal(calls: unknown, at: string): Refusal | null {
  for (const [index, call] of asList(calls).entries()) {
    const type = asDict(call)?.["type"] ?? "function";
    if (type !== "function") {
      return refused(`${at}[${index}]`, `Tool calls of type ${JSON.stringify(type)} are not supported on a Codex lane.`);
    }
  }
  return null;
}

function contentRefusal(content: unknown, at: string): Refusal | null {
  for (const [index, entry] of asList(content).entries()) {
    const part = asDict(entry);
    if (part === null) continue;
    const refusal = typeRefusal(CODEX_PARTS, String(part["type"]), `${at}[${index}]`, "Content parts");
    if (refusal) return refusal;
    if (isSet(part["file_id"])) return refused(`${at}[${index}].file_id`, `Stored files are not supported on a Codex lane. ${NOT_STORED}`);
  }
  return null;
}

function refused(param: string, message: string): Refusal {
  return { param, message };
}
