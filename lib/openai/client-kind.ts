import type { HeaderMap } from "@/lib/http/call";

export type ClientKind = "codex" | "sdk";

/** Codex takes errors differently from every other client, so each refusal has a face for it. */
export function clientKind(headers: HeaderMap): ClientKind {
  return startsWithCodex(headers["originator"]) || startsWithCodex(headers["user-agent"]) ? "codex" : "sdk";
}

function startsWithCodex(value: string | undefined): boolean {
  return value !== undefined && /^codex/i.test(value);
}
