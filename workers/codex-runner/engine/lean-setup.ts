import type { CodexModelRow } from "@/lib/codex/model-catalogue";
import type { EngineSetup } from "@/workers/codex-runner/engine/turn-engine";

/**
 * How Codex is started for us: everything that would make it more than one plain call of the model is switched off, by its own settings.
 * They stand in the home's `config.toml`, beside the model catalogue that it names.
 */
export type LeanOptions = {
  /** `built_in`: Codex's own ChatGPT provider; `lane`: a block of ours to the same address, without retries. */
  provider: "built_in" | "lane";
  /** The CLI's own catalogue, as it prints it. */
  models: readonly CodexModelRow[];
  /** Elsewhere than at OpenAI only for a simulated ChatGPT. */
  chatgptBaseUrl?: string;
};

type Value = string | number | boolean;

/**
 * One account is one small process among many. Codex's allocator, jemalloc, would keep what was freed for each of its threads and never
 * give it back while nothing happens, and its runtime would start a thread for each processor of the machine.
 */
const SMALL: Readonly<Record<string, string>> = {
  _RJEM_MALLOC_CONF: "background_thread:true,narenas:1,tcache_max:256,dirty_decay_ms:1000,muzzy_decay_ms:0",
  TOKIO_WORKER_THREADS: "2",
};

const CHATGPT_BASE_URL = "https://chatgpt.com/backend-api";
const CATALOGUE_FILE = "models.json";

/** Larger than any conversation that we take: Codex would otherwise put a summary of its own in the place of what was said. */
const CONTEXT_WINDOW_TOKENS = 1_000_000_000;

const LEAN: Readonly<Record<string, Value>> = {
  "agents.enabled": false,
  "analytics.enabled": false,
  check_for_update_on_startup: false,
  "features.apps": false,
  "features.deferred_tool_world_state": false,
  "features.goals": false,
  "features.image_generation": false,
  "features.plugins": false,
  "features.shell_snapshot": false,
  "features.shell_tool": false,
  "features.unbounded_connection_retries": false,
  "features.view_image": false,
  include_environment_context: false,
  include_permissions_instructions: false,
  model_auto_compact_token_limit: CONTEXT_WINDOW_TOKENS,
  model_context_window: CONTEXT_WINDOW_TOKENS,
  project_doc_max_bytes: 0,
  "skills.bundled.enabled": false,
  "skills.include_instructions": false,
  thread_unload_delay_secs: 0,
  "tools.experimental_request_user_input.enabled": false,
  web_search: "disabled",
};

export function engineSetup({ provider, models, chatgptBaseUrl }: LeanOptions): EngineSetup {
  const settings: Record<string, Value> = { ...LEAN };
  if (models.length > 0) settings["model_catalog_json"] = CATALOGUE_FILE;
  if (chatgptBaseUrl !== undefined) settings["chatgpt_base_url"] = chatgptBaseUrl;
  if (provider === "lane") Object.assign(settings, laneProvider(chatgptBaseUrl ?? CHATGPT_BASE_URL));
  const config = Object.entries(settings).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`);
  const files = [{ name: "config.toml", content: config.join("") }];
  if (models.length > 0) files.push({ name: CATALOGUE_FILE, content: JSON.stringify({ models: models.map(plainModel) }) });
  return { args: ["app-server"], files, env: SMALL };
}

function laneProvider(chatgptBaseUrl: string): Record<string, Value> {
  return {
    model_provider: "lane",
    "model_providers.lane.name": "Lane",
    "model_providers.lane.base_url": `${chatgptBaseUrl}/codex`,
    "model_providers.lane.requires_openai_auth": true,
    "model_providers.lane.request_max_retries": 0,
    "model_providers.lane.stream_max_retries": 0,
  };
}

/** The model as it is, without the tools and prompts by which Codex makes an agent of it. */
function plainModel(model: CodexModelRow): CodexModelRow {
  return {
    ...model,
    apply_patch_tool_type: null,
    auto_compact_token_limit: CONTEXT_WINDOW_TOKENS,
    base_instructions: "You are a helpful assistant.",
    context_window: CONTEXT_WINDOW_TOKENS,
    default_verbosity: "medium",
    experimental_supported_tools: [],
    include_apps_usage_instructions: false,
    include_plugin_usage_instructions: false,
    include_skills_usage_instructions: false,
    max_context_window: CONTEXT_WINDOW_TOKENS,
    model_messages: null,
    multi_agent_version: null,
    shell_type: "disabled",
    supports_search_tool: false,
    tool_mode: null,
    upgrade: null,
  };
}
