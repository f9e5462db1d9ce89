import { answerTurn } from "@/workers/codex-runner/engine/answer-turn";
import { readRequest } from "@/workers/codex-runner/engine/read-request";
import { turnEvents } from "@/workers/codex-runner/engine/turn-events";
import { TurnImages, type ImageSource } from "@/workers/codex-runner/engine/turn-images";
import type { TurnRun, TurnStep } from "@/workers/codex-runner/engine/turn-engine";

/**
 * The default engine: every request is a thread and a turn of its own on the account's app-server.
 * Throws `ConnectionLost` when app-server is gone, and says nothing more: the caller knows what its client has heard.
 */
export async function* runTurn(run: TurnRun, source: ImageSource): AsyncGenerator<TurnStep> {
  const { server, ticket, body, signal, onLimits, onTrouble } = run;
  const images = new TurnImages(source, ticket.userId);
  try {
    const read = await readRequest({ ticket, body, signal }, (items, until) => images.inline(items, until));
    if (read.kind !== "request") {
      if (!signal.aborted) yield read;
      return;
    }
    const { request } = read;
    const events = turnEvents({ server, request, model: ticket.model, signal, onLimits });
    yield* answerTurn({ ticket, request, events, signal, onTrouble });
  } finally {
    images.release();
  }
}
