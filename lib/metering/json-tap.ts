import { isClientCall, isPaidSearch, itemText, outputItems } from "@/lib/metering/responses-output";
import { readUpstreamError, text } from "@/lib/metering/tap-type";
import { readUsage } from "@/lib/openai/usage";
import type { TapResult, Terminal } from "@/lib/metering/tap-type";
import type { Wire } from "@/lib/openai/request-facts";

/** What a whole JSON answer says, in the same terms as a stream's tap. `isJson` is false for any other body. */
export type JsonResult = TapResult & { isJson: boolean; toolCallDone: boolean };

type Dict = Record<string, unknown>;

export function readJsonResult(wire: Wire, status: number, body: Buffer): JsonResult {
  const answer = parse(body);
  const succeeded = status >= 200 && status < 300;
  const said = succeeded && answer !== null ? (wire === "responses" ? readResponse(answer) : readCompletion(answer)) : NOTHING_SAID;
  const error = answer === null ? null : readUpstreamError(answer["error"]);
  return {
    isJson: answer !== null,
    reading: answer === null ? null : readUsage(wire, answer["usage"]),
    error,
    outputTextBytesSeen: Buffer.byteLength(said.text),
    outputSeen: () => said.text,
    webSearchCalls: said.webSearchCalls,
    firstContentSeen: succeeded,
    responseId: text(answer?.["id"]),
    servedModel: text(answer?.["model"]),
    serviceTier: text(answer?.["service_tier"]),
    terminal: succeeded && answer !== null ? said.terminal : "error",
    incompleteReason: said.incompleteReason,
    toolCallDone: said.toolCallDone,
  };
}

type Said = { text: string; webSearchCalls: number; terminal: Terminal; incompleteReason: string | null; toolCallDone: boolean };

const NOTHING_SAID: Said = { text: "", webSearchCalls: 0, terminal: "error", incompleteReason: null, toolCallDone: false };

function readResponse(answer: Dict): Said {
  const items = outputItems(answer["output"]);
  const status = answer["status"];
  const details = answer["incomplete_details"];
  return {
    text: items.map(itemText).join(""),
    webSearchCalls: items.filter(isPaidSearch).length,
    terminal: status === "incomplete" ? "incomplete" : status === "failed" || status === "cancelled" ? "failed" : "completed",
    incompleteReason: typeof details === "object" && details !== null ? text((details as Dict)["reason"]) : null,
    toolCallDone: items.some(isClientCall),
  };
}

function readCompletion(answer: Dict): Said {
  const pieces: string[] = [];
  let reason: string | null = null;
  for (const choice of outputItems(answer["choices"])) {
    reason ??= text(choice["finish_reason"]);
    const message = choice["message"];
    if (typeof message !== "object" || message === null) continue;
    const { content, refusal, reasoning_content, reasoning, tool_calls } = message as Dict;
    for (const piece of [content, refusal, reasoning_content, reasoning]) pieces.push(text(piece) ?? "");
    for (const call of outputItems(tool_calls)) {
      const called = (call["function"] ?? call["custom"] ?? {}) as Dict;
      pieces.push(text(called["name"]) ?? "", text(called["arguments"]) ?? text(called["input"]) ?? "");
    }
  }
  const cutShort = reason === "length" || reason === "content_filter";
  return {
    text: pieces.join(""),
    webSearchCalls: 0,
    terminal: cutShort ? "incomplete" : "completed",
    incompleteReason: cutShort ? reason : null,
    toolCallDone: reason === "tool_calls" || reason === "function_call",
  };
}

function parse(body: Buffer): Dict | null {
  try {
    const value = JSON.parse(body.toString("utf8")) as unknown;
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Dict) : null;
  } catch {
    return null;
  }
}
