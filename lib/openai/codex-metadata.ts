import type { HeaderMap } from "@/lib/http/call";

/**
 * What Codex says about its own request, for the request log. All of it is a claim of the client: labels, never
 * grounds for a decision about money or access.
 */
export type CodexLabels = {
  threadId: string | null;
  turnId: string | null;
  sessionId: string | null;
  /** `turn`, `compaction`, … */
  requestKind: string | null;
  /** `user`, `thread_title`, `subagent`, `guardian_review`, … */
  threadSource: string | null;
  /** `review`, `guardian`, … */
  subagent: string | null;
  /** `codex_exec`, `codex-tui`, … */
  originator: string | null;
};

const LABEL_LENGTH_MAX = 128;
const METADATA_LENGTH_MAX = 32 * 1024;
const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;

/** Never throws: a header that makes no sense gives null. */
export function readCodexLabels(headers: HeaderMap): CodexLabels {
  const metadata = parseMetadata(headers["x-codex-turn-metadata"]);
  return {
    threadId: label(metadata["thread_id"]) ?? label(headers["thread-id"]),
    turnId: label(metadata["turn_id"]),
    sessionId: label(metadata["session_id"]) ?? label(headers["session-id"]) ?? label(headers["session_id"]),
    requestKind: label(metadata["request_kind"]),
    threadSource: label(metadata["thread_source"]),
    subagent: label(headers["x-openai-subagent"]),
    originator: label(headers["originator"]),
  };
}

function parseMetadata(header: string | undefined): Readonly<Record<string, unknown>> {
  if (header === undefined || header.length > METADATA_LENGTH_MAX) return {};
  try {
    const value = JSON.parse(header) as unknown;
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function label(value: unknown): string | null {
  if (typeof value !== "string") return null;
  const clean = value.replace(CONTROL_CHARACTERS, "").trim().slice(0, LABEL_LENGTH_MAX);
  return clean === "" ? null : clean;
}
