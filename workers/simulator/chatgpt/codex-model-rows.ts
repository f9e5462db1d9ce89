import { CODEX_MODELS } from "@/workers/simulator/openai/model-list";

/** The fields without which Codex refuses a row of the model list, and those that it would otherwise guess. */
const EFFORTS = ["low", "medium", "high", "xhigh"];
const CONTEXT_TOKENS = 272_000;
const TRUNCATED_TOKENS = 10_000;

export function codexModelRows() {
  return CODEX_MODELS.map((slug, index) => ({
    slug,
    display_name: slug,
    description: "Simulated; no model runs.",
    default_reasoning_level: "medium",
    supported_reasoning_levels: EFFORTS.map((effort) => ({ effort, description: `${effort} effort` })),
    shell_type: "unified_exec",
    visibility: /review|latest/.test(slug) ? "hide" : "list",
    supported_in_api: true,
    priority: index,
    support_verbosity: true,
    default_verbosity: "low",
    truncation_policy: { mode: "tokens", limit: TRUNCATED_TOKENS },
    supports_parallel_tool_calls: true,
    context_window: CONTEXT_TOKENS,
    max_context_window: CONTEXT_TOKENS,
    experimental_supported_tools: [],
    input_modalities: ["text", "image"],
    base_instructions: "You are a simulated model.",
  }));
}
