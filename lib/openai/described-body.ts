import type { Wire } from "@/lib/openai/request-facts";

/** What people tick to describe a request. */
export const REQUEST_TRAITS = ["stream", "function_tool", "web_search", "image", "schema", "temperature", "store"] as const;
export type RequestTrait = (typeof REQUEST_TRAITS)[number];

const PIXEL = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const QUESTION = "Say hello";
const FUNCTION = {
  name: "look_up",
  description: "Looks something up.",
  parameters: { type: "object", properties: {}, additionalProperties: false },
};
const SCHEMA = {
  name: "greeting",
  strict: true,
  schema: { type: "object", properties: { text: { type: "string" } }, required: ["text"], additionalProperties: false },
};

/** The smallest request with these traits, as a client of this wire would write it. */
export function describedBody(wire: Wire, { model, traits }: { model: string; traits: readonly RequestTrait[] }): object {
  const has = (trait: RequestTrait) => traits.includes(trait);
  const shared = {
    ...(model !== "" && { model }),
    ...(has("stream") && { stream: true }),
    ...(has("temperature") && { temperature: 0.2 }),
    ...(has("store") && { store: true }),
  };
  if (wire === "chat") {
    const image = { type: "image_url", image_url: { url: PIXEL } };
    return {
      ...shared,
      messages: [{ role: "user", content: has("image") ? [{ type: "text", text: QUESTION }, image] : QUESTION }],
      ...(has("function_tool") && { tools: [{ type: "function", function: FUNCTION }] }),
      ...(has("web_search") && { web_search_options: {} }),
      ...(has("schema") && { response_format: { type: "json_schema", json_schema: SCHEMA } }),
    };
  }
  const tools = [
    ...(has("function_tool") ? [{ type: "function", ...FUNCTION }] : []),
    ...(has("web_search") ? [{ type: "web_search" }] : []),
  ];
  const content = [{ type: "input_text", text: QUESTION }, ...(has("image") ? [{ type: "input_image", image_url: PIXEL }] : [])];
  return {
    ...shared,
    input: [{ role: "user", content }],
    ...(tools.length > 0 && { tools }),
    ...(has("schema") && { text: { format: { type: "json_schema", ...SCHEMA } } }),
  };
}
