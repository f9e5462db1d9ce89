import { asDict, asList, isSet } from "@/lib/turns/json-value";
import { invalid, readInputParts, readOutputParts, textAt } from "@/lib/turns/read-parts";
import { toolAlias } from "@/lib/turns/tool-alias";
import type { Dict } from "@/lib/turns/json-value";
import type { TurnItem } from "@/lib/turns/turn-item";

export function readChatItems(messages: unknown): TurnItem[] {
  return asList(messages).flatMap((entry, index) => {
    const at = `messages[${index}]`;
    const message = asDict(entry);
    if (message === null) throw invalid(at, `${at} must be an object.`);
    return readMessage(message, at);
  });
}

function readMessage(message: Dict, at: string): TurnItem[] {
  switch (message["role"]) {
    // Codex drops messages of the role system without a word.
    case "system":
    case "developer":
      return [{ type: "message", role: "developer", content: readInputParts(message["content"], `${at}.content`) }];
    case "user":
      return [{ type: "message", role: "user", content: readInputParts(message["content"], `${at}.content`) }];
    case "assistant":
      return [...readAssistantText(message, at), ...readCalls(message["tool_calls"], `${at}.tool_calls`)];
    case "tool":
      return [readOutput(message, at)];
    default:
      throw invalid(`${at}.role`, `${at}.role is not a known role.`);
  }
}

function readAssistantText(message: Dict, at: string): TurnItem[] {
  const said = readOutputParts(message["content"], `${at}.content`);
  const refused = isSet(message["refusal"]) ? readOutputParts(textAt(message["refusal"], `${at}.refusal`), at) : [];
  const content = [...said, ...refused];
  return content.length === 0 ? [] : [{ type: "message", role: "assistant", content }];
}

function readCalls(calls: unknown, at: string): TurnItem[] {
  return asList(calls).map((entry, index) => {
    const call = asDict(entry) ?? {};
    const called = asDict(call["function"]) ?? {};
    const here = `${at}[${index}]`;
    return {
      type: "function_call",
      call_id: textAt(call["id"], `${here}.id`),
      name: toolAlias(textAt(called["name"], `${here}.function.name`)),
      arguments: textAt(called["arguments"], `${here}.function.arguments`),
    };
  });
}

function readOutput(message: Dict, at: string): TurnItem {
  const callId = textAt(message["tool_call_id"], `${at}.tool_call_id`);
  const content = message["content"];
  const output = typeof content === "string" ? content : readInputParts(content, `${at}.content`);
  return { type: "function_call_output", call_id: callId, output };
}
