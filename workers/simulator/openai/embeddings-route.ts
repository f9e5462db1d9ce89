import { createHash } from "node:crypto";
import type { Behaviour } from "@/workers/simulator/openai/behaviour";
import { countTokens } from "@/workers/simulator/openai/count-tokens";
import { findModel } from "@/workers/simulator/openai/model-list";
import type { JsonObject } from "@/workers/simulator/openai/read-prompt";
import { contextTooLong, invalidRequest, modelNotFound } from "@/workers/simulator/openai/refusals";
import { type Answer, refuse } from "@/workers/simulator/openai/send-answer";

const DIMENSIONS_DEFAULT: Readonly<Record<string, number>> = { "text-embedding-3-large": 3072 };
const DIMENSIONS_MAX = 3072;

/** `POST /v1/embeddings`: vectors made from the text's hash, of length one. */
export function createEmbeddings(body: JsonObject, given: Behaviour | null): Answer {
  const behaviour = given ?? {};
  if (behaviour.refuse) return refuse(behaviour.refuse, behaviour);
  const { model: name, input } = body;
  if (typeof name !== "string") return refuse(invalidRequest("you must provide a model parameter"), behaviour);
  if (input === undefined || input === "") return refuse(invalidRequest("'input' cannot be an empty string.", "input"), behaviour);
  const model = findModel(name);
  if (model === null) return refuse(modelNotFound(name), behaviour);
  const tokens = countTokens(input);
  if (tokens > model.contextTokensMax) return refuse(contextTooLong("input"), behaviour);

  const wanted = typeof body.dimensions === "number" ? body.dimensions : (DIMENSIONS_DEFAULT[model.id] ?? 1536);
  const dimensions = Math.min(DIMENSIONS_MAX, Math.max(1, wanted));
  const texts = Array.isArray(input) && typeof input[0] !== "number" ? input : [input];
  const data = texts.map((text, index) => {
    const vector = vectorFor(JSON.stringify(text), dimensions);
    const embedding = body.encoding_format === "base64" ? Buffer.from(vector.buffer).toString("base64") : [...vector];
    return { object: "embedding", index, embedding };
  });
  const usage = { prompt_tokens: tokens, total_tokens: tokens };
  return { kind: "json", status: 200, behaviour, body: { object: "list", data, model: name, usage } };
}

function vectorFor(text: string, dimensions: number): Float32Array {
  const seed = createHash("sha256").update(text).digest();
  const vector = new Float32Array(dimensions);
  for (let index = 0; index < dimensions; index += 1) vector[index] = ((seed[index % seed.length] ?? 0) - 127.5) * (1 + (index % 7));
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}
