/**
 * What both wires ask for, in one shape: the last thing the user said, what tools answered since, and which tools there are. Only what
 * the simulated model reacts to is read; everything else of a request is echoed or ignored.
 */
export type Prompt = {
  /** The last user message. */
  text: string;
  images: number;
  /** Outputs of tools called since that message, in order. */
  toolOutputs: string[];
  tools: ReadonlyMap<string, ToolShape>;
  /** The JSON Schema that the answer must match, if one was asked for. */
  schema: JsonObject | null;
  purpose: "turn" | "review" | "compaction" | "compaction_item";
};

type ToolShape = { kind: "function" | "custom"; namespace?: string };
export type JsonObject = { [key: string]: unknown };

const REVIEW_OPENING = "# Review guidelines:";
const COMPACTION_OPENING = "You are performing a CONTEXT CHECKPOINT COMPACTION";

export function readResponsesPrompt(body: JsonObject, input: readonly JsonObject[]): Prompt {
  const tools = new Map<string, ToolShape>();
  addTools(tools, asArray(body.tools));
  let text = "";
  let images = 0;
  let toolOutputs: string[] = [];
  let purpose: Prompt["purpose"] = "turn";
  for (const item of input) {
    const type = item.type ?? "message";
    if (type === "additional_tools") addTools(tools, asArray(item.tools));
    else if (type === "compaction_trigger") purpose = "compaction_item";
    else if (type === "message") {
      const said = readContent(item.content);
      if (item.role === "user") {
        ({ text, images } = said);
        toolOutputs = [];
      } else if (said.text.startsWith(REVIEW_OPENING)) purpose = "review";
    } else if (typeof type === "string" && type.endsWith("_call_output")) toolOutputs.push(readContent(item.output).text);
  }
  if (text.startsWith(COMPACTION_OPENING)) purpose = "compaction";
  const format = asObject(asObject(body.text)?.format);
  return { text, images, toolOutputs, tools, schema: format?.type === "json_schema" ? asObject(format.schema) : null, purpose };
}

export function readChatPrompt(body: JsonObject): Prompt {
  const tools = new Map<string, ToolShape>();
  for (const tool of asArray(body.tools)) {
    const name = asObject(tool.function)?.name;
    if (typeof name === "string") tools.set(name, { kind: "function" });
  }
  let text = "";
  let images = 0;
  let toolOutputs: string[] = [];
  for (const message of asArray(body.messages)) {
    const said = readContent(message.content);
    if (message.role === "user") {
      ({ text, images } = said);
      toolOutputs = [];
    } else if (message.role === "tool") toolOutputs.push(said.text);
  }
  const format = asObject(body.response_format);
  const schema = format?.type === "json_schema" ? asObject(asObject(format.json_schema)?.schema) : null;
  return { text, images, toolOutputs, tools, schema, purpose: "turn" };
}

export function asObject(value: unknown): JsonObject | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
}

export function asArray(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter((entry) => asObject(entry) !== null) : [];
}

function addTools(tools: Map<string, ToolShape>, list: readonly JsonObject[], namespace?: string): void {
  for (const tool of list) {
    if (typeof tool.name !== "string") continue;
    if (tool.type === "namespace") addTools(tools, asArray(tool.tools), tool.name);
    else if (tool.type === "function" || tool.type === "custom") tools.set(tool.name, { kind: tool.type, namespace });
  }
}

function readContent(content: unknown): { text: string; images: number } {
  if (typeof content === "string") return { text: content, images: 0 };
  const texts: string[] = [];
  let images = 0;
  for (const part of asArray(content)) {
    if (typeof part.text === "string") texts.push(part.text);
    else if (part.type === "input_image" || part.type === "image_url") images += 1;
  }
  return { text: texts.join("\n"), images };
}
