import type { AnswerEvent, AnswerFinish } from "@/lib/turns/answer-event";
import type { Usage } from "@/lib/openai/usage-type";
import type { DeclinedStep, RefusedStep } from "@/workers/codex-runner/engine/turn-engine";

/** What an engine tells: what the model says, and then once how it ended. */
export type EngineEvent = AnswerEvent | EngineEnding;

export type EngineEnding = EngineEnd | DeclinedStep | RefusedStep;

/** `usage` null: the model was cut off before it told. */
export type EngineEnd = { kind: "end"; finish: AnswerFinish; usage: Usage | null };
