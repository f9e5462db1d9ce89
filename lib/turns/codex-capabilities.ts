import { judgeInput, judgeMessages, judgeToolChoice, judgeTools } from "@/lib/turns/codex-content";
import { isStrictSchema } from "@/lib/turns/codex-schema";
import { asDict, asList, isSet } from "@/lib/turns/json-value";
import type { Dict } from "@/lib/turns/json-value";
import type { Judgement, Refusal } from "@/lib/turns/judgement";
import type { Wire } from "@/lib/openai/request-facts";

/**
 * What a Codex lane can do, field by field: the one table by which requests are routed and refused, and which the documentation shows.
 * Whatever does not stand in it is refused by name, a new field of the API included.
 *
 *   can      done as the API says
 *   ignored  left out; listed in the request log and in the header `x-switchyard-ignored`. With `changesAnswer` a key whose parameters
 *            are strict refuses it
 *   cannot   this lane does not take the request, unless the value stands in `harmless`
 */
export type CapabilityRow = {
  does: "can" | "ignored" | "cannot";
  note: string;
  /** Values that ask for nothing beyond what happens anyway. */
  harmless?: readonly unknown[];
  changesAnswer?: true;
  /** Looks into a value that the lane can take in general. */
  judge?: (value: unknown) => Judgement;
};

export type CodexVerdict = { kind: "can"; ignored: string[] } | ({ kind: "cannot" } & Refusal);

const NOTHING: Judgement = { ignored: [], refusal: null };

const KEPT_BY_US = "Kept by the gateway, which cuts the answer there and stops the model; reasoning does not count.";
const WHOLE_CONVERSATION = "Nothing is stored: send the whole conversation.";
const SAMPLING = "Codex decides how it samples.";
const NO_EFFECT = "Has no effect.";

const SHARED_FIELDS: Readonly<Record<string, CapabilityRow>> = {
  client_metadata: can(NO_EFFECT),
  metadata: can("Given back in the answer."),
  model: can("Must be one that the ChatGPT plan includes."),
  parallel_tool_calls: can("`false`: only the first call is handed out."),
  prompt_cache_key: can("Keeps a thread on its lane; Codex names its caches itself."),
  prompt_cache_options: ignored("Codex names its caches itself."),
  prompt_cache_retention: ignored("Codex names its caches itself."),
  safety_identifier: ignored("There is one user behind an account: its owner."),
  service_tier: only(["auto", "default"], "Only the plan's standard speed."),
  store: { ...ignored("Nothing is stored."), harmless: [false] },
  stream: can("Every token as it comes."),
  stream_options: can("`include_usage` on the chat wire."),
  temperature: { ...sampling(), harmless: [1] },
  tool_choice: { ...can("`auto` and `none`."), judge: judgeToolChoice },
  top_logprobs: only([0], "Codex reports no probabilities."),
  top_p: { ...sampling(), harmless: [1] },
  user: ignored("There is one user behind an account: its owner."),
};

export const CODEX_FIELDS: Readonly<Record<Wire, Readonly<Record<string, CapabilityRow>>>> = {
  responses: {
    ...SHARED_FIELDS,
    background: only([false], "Background responses would have to be stored."),
    conversation: cannot(WHOLE_CONVERSATION),
    include: { ...can("`reasoning.encrypted_content`."), judge: judgeInclude },
    input: { ...can("Text, or items."), judge: judgeInput },
    instructions: can("Sent as the first developer message."),
    max_output_tokens: can(KEPT_BY_US),
    max_tool_calls: can("Concerns tools that OpenAI runs, of which there are none here."),
    previous_response_id: cannot(WHOLE_CONVERSATION),
    prompt: cannot("Stored prompt templates belong to an API account."),
    reasoning: { ...can("`effort` and `summary`."), judge: judgeReasoning },
    text: { ...can("`format` and `verbosity`."), judge: judgeText },
    tools: { ...can("Functions."), judge: (value) => judgeTools(value, "responses") },
    truncation: { ...ignored("Nothing is taken out: a conversation that is too long is refused."), harmless: ["disabled"] },
  },
  chat: {
    ...SHARED_FIELDS,
    audio: cannot("Codex does not speak."),
    frequency_penalty: { ...sampling(), harmless: [0] },
    function_call: cannot("Superseded by tool_choice."),
    functions: cannot("Superseded by tools."),
    logit_bias: cannot("Codex takes no token weights."),
    logprobs: only([false], "Codex reports no probabilities."),
    max_completion_tokens: can(KEPT_BY_US),
    max_tokens: can(KEPT_BY_US),
    messages: { ...can("System, developer, user, assistant and tool messages."), judge: judgeMessages },
    modalities: { ...can("Text."), judge: judgeModalities },
    n: only([1], "One answer per request."),
    prediction: ignored("The answer is the same without it, only slower."),
    presence_penalty: { ...sampling(), harmless: [0] },
    reasoning_effort: can("As the model takes it."),
    response_format: { ...can("`text`, `json_schema`, and `json_object`, which is asked for in words."), judge: judgeResponseFormat },
    seed: sampling(),
    stop: can(KEPT_BY_US),
    tools: { ...can("Functions."), judge: (value) => judgeTools(value, "chat") },
    verbosity: can("As the model takes it."),
    web_search_options: cannot("Codex's own tools are switched off."),
  },
};

/** `body` is the client's, already known to be readable (`readFacts`). */
export function judgeForCodex(wire: Wire, body: Dict, options: { strict: boolean }): CodexVerdict {
  const found = new Set<string>();
  for (const [field, value] of Object.entries(body)) {
    if (!isSet(value)) continue;
    const row = rowOf(wire, field);
    if (row === null) return refused({ param: field, message: `${field} is not supported on a Codex lane.` });
    if (row.harmless?.includes(value)) continue;
    if (row.does === "cannot") return refused({ param: field, message: `${field} is not supported on a Codex lane. ${row.note}` });
    const judged = row.does === "ignored" ? { ignored: [field], refusal: null } : (row.judge?.(value) ?? NOTHING);
    if (judged.refusal) return refused(judged.refusal);
    const changes = row.does === "can" || row.changesAnswer;
    if (options.strict && changes && judged.ignored[0] !== undefined) return refused(tooStrict(judged.ignored[0], row));
    for (const name of judged.ignored) found.add(name);
  }
  return { kind: "can", ignored: [...found] };
}

function rowOf(wire: Wire, field: string): CapabilityRow | null {
  return Object.hasOwn(CODEX_FIELDS[wire], field) ? (CODEX_FIELDS[wire][field] ?? null) : null;
}

function refused(refusal: Refusal): CodexVerdict {
  return { kind: "cannot", ...refusal };
}

function tooStrict(param: string, row: CapabilityRow): Refusal {
  const why = row.does === "ignored" ? ` ${row.note}` : "";
  return { param, message: `A Codex lane would ignore ${param}, and this key's parameters are strict.${why}` };
}

function judgeInclude(value: unknown): Judgement {
  const probabilities = asList(value).find((entry): entry is string => typeof entry === "string" && entry.endsWith(".logprobs"));
  if (probabilities === undefined) return NOTHING;
  return no("include", `include "${probabilities}" is not supported on a Codex lane: Codex reports no probabilities.`);
}

function judgeReasoning(value: unknown): Judgement {
  const known = new Set(["effort", "summary", "generate_summary"]);
  for (const [key, member] of Object.entries(asDict(value) ?? {})) {
    if (!isSet(member) || known.has(key) || (key === "mode" && member === "standard")) continue;
    return no(`reasoning.${key}`, `reasoning.${key} is not supported on a Codex lane.`);
  }
  return NOTHING;
}

function judgeText(value: unknown): Judgement {
  for (const [key, member] of Object.entries(asDict(value) ?? {})) {
    if (!isSet(member) || key === "verbosity") continue;
    if (key !== "format") return no(`text.${key}`, `text.${key} is not supported on a Codex lane.`);
    const format = asDict(member);
    const judged = judgeFormat(format?.["type"], format, "text.format");
    if (judged.refusal) return judged;
  }
  return NOTHING;
}

function judgeResponseFormat(value: unknown): Judgement {
  const format = asDict(value);
  return judgeFormat(format?.["type"], asDict(format?.["json_schema"]), "response_format");
}

/** `strict: false` is only a promise less; but a schema that strict mode does not take would be refused by OpenAI. */
function judgeFormat(type: unknown, holder: Dict | null, param: string): Judgement {
  if (type === "text" || type === "json_object") return NOTHING;
  if (type !== "json_schema") return no(param, `${param} of type ${JSON.stringify(type)} is not supported on a Codex lane.`);
  if (holder?.["strict"] === true || isStrictSchema(holder?.["schema"])) return NOTHING;
  return no(
    param,
    `${param}: a Codex lane always keeps schemas strictly. Require every property and close every object (additionalProperties: false).`,
  );
}

function judgeModalities(value: unknown): Judgement {
  const other = asList(value).find((modality) => modality !== "text");
  return other === undefined ? NOTHING : no("modalities", "modalities other than text are not supported on a Codex lane.");
}

function no(param: string, message: string): Judgement {
  return { ignored: [], refusal: { param, message } };
}

function can(note: string): CapabilityRow {
  return { does: "can", note };
}

function ignored(note: string): CapabilityRow {
  return { does: "ignored", note };
}

function sampling(): CapabilityRow {
  return { does: "ignored", note: SAMPLING, changesAnswer: true };
}

function cannot(note: string): CapabilityRow {
  return { does: "cannot", note };
}

function only(harmless: readonly unknown[], note: string): CapabilityRow {
  return { does: "cannot", note, harmless };
}
