import { asDict, asList, isSet } from "@/lib/turns/json-value";
import { invalid, readInputParts, readOutputParts, textAt } from "@/lib/turns/read-parts";
import { toolAlias } from "@/lib/turns/tool-alias";
import { message } from "@/lib/turns/turn-item";
import type { Dict } from "@/lib/turns/json-value";
import type { TurnItem } from "@/lib/turns/turn-item";

export function readResponsesItems(instructions: unknown, input: unknown): TurnItem[] {
  const first = isSet(instructions) ? [message("developer", textAt(instructions, "instructions"))] : [];
  if (typeof input === "string") return [...first, message("user", input)];
  if (isSet(input) && !Array.isArray(input)) throw invalid("input", "input must be a string or an array.");
  const said = asList(input).flatMap((entry, index) => {
    const at = `input[${index}]`;
    const item = asDict(entry);
    if (item === null) throw invalid(at, `${at} must be an object.`);
    return readItem(item, at);
  });
  return said.length === 0 ? [] : [...first, ...said];
}

function readItem(item: Dict, at: string): TurnItem[] {
  switch (item["type"] ?? "message") {
    case "message":
      return readMessage(item, at);
    case "reasoning":
      return readReasoning(item, at);
    case "function_call":
      return [
        {
          type: "function_call",
          call_id: textAt(item["call_id"], `${at}.call_id`),
          name: toolAlias(textAt(item["name"], `${at}.name`)),
          arguments: textAt(item["arguments"], `${at}.arguments`),
        },
      ];
    case "function_call_output": {
      const output = item["output"];
      const read = typeof output === "string" ? output : readInputParts(output, `${at}.output`);
      return [{ type: "function_call_output", call_id: textAt(item["call_id"], `${at}.call_id`), output: read }];
    }
    default:
      throw invalid(`${at}.type`, `${at}.type is not a known type.`);
  }
}

function readMessage(item: Dict, at: string): TurnItem[] {
  switch (item["role"]) {
    // Codex drops messages of the role system without a word.
    case "system":
    case "developer":
      return [{ type: "message", role: "developer", content: readInputParts(item["content"], `${at}.content`) }];
    case "user":
      return [{ type: "message", role: "user", content: readInputParts(item["content"], `${at}.content`) }];
    case "assistant": {
      const content = readOutputParts(item["content"], `${at}.content`);
      const phase = typeof item["phase"] === "string" ? { phase: item["phase"] } : {};
      return content.length === 0 ? [] : [{ type: "message", role: "assistant", content, ...phase }];
    }
    default:
      throw invalid(`${at}.role`, `${at}.role is not a known role.`);
  }
}

/** Without its encrypted content a reasoning item is only a name for what nobody has kept. */
function readReasoning(item: Dict, at: string): TurnItem[] {
  const encrypted = item["encrypted_content"];
  if (typeof encrypted !== "string" || encrypted === "") return [];
  const summary = asList(item["summary"]).map((entry, index) => {
    const text = textAt(asDict(entry)?.["text"], `${at}.summary[${index}].text`);
    return { type: "summary_text" as const, text };
  });
  const id = typeof item["id"] === "string" ? { id: item["id"] } : {};
  return [{ type: "reasoning", ...id, summary, encrypted_content: encrypted }];
}
