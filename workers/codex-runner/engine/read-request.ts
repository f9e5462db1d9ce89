import { AppError } from "@/lib/errors/app-error";
import { judgeForCodex } from "@/lib/turns/codex-capabilities";
import { readTurn } from "@/lib/turns/read-turn";
import { declined } from "@/workers/codex-runner/engine/turn-trouble";
import type { Dict } from "@/lib/turns/json-value";
import type { TurnRequest } from "@/lib/turns/read-turn";
import type { TurnItem } from "@/lib/turns/turn-item";
import type { DeclinedStep, RefusedStep, TurnRun } from "@/workers/codex-runner/engine/turn-engine";

/** Remote images as data URLs, where an engine takes images at all. */
type Inline = (items: readonly TurnItem[], signal: AbortSignal) => Promise<readonly TurnItem[]>;

/** The request as an engine needs it; or why it is none for this lane. */
export async function readRequest(
  { ticket, body, signal }: Pick<TurnRun, "ticket" | "body" | "signal">,
  inline: Inline,
): Promise<{ kind: "request"; request: TurnRequest } | DeclinedStep | RefusedStep> {
  try {
    const value = JSON.parse(body.toString("utf8")) as Dict;
    // The gateway has judged it too, by the table of its own release.
    const verdict = judgeForCodex(ticket.wire, value, { strict: false });
    if (verdict.kind === "cannot") return { ...declined("cannot", "cannot", verdict.message), param: verdict.param };
    const request = readTurn(ticket.wire, value);
    return { kind: "request", request: { ...request, items: await inline(request.items, signal) } };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (error.code === "rate_limited") return declined("busy", "images_held", error.message);
    if (error.code !== "request_invalid") throw error;
    return { kind: "refused", code: "request_invalid", message: error.message, param: error.param ?? null };
  }
}
