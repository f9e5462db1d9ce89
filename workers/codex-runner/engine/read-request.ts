import { AppError } from "@/lib/errors/app-error";
import { judgeForCodex } from "@/lib/turns/codex-capabilities";
import { readTurn } from "@/lib/turns/read-turn";
import { remoteImages, withImages } from "@/lib/turns/turn-item";
import { declined } from "@/workers/codex-runner/engine/turn-trouble";
import type { Dict } from "@/lib/turns/json-value";
import type { TurnRequest } from "@/lib/turns/read-turn";
import type { FetchImage } from "@/workers/codex-runner/engine/fetch-image";
import type { DeclinedStep, RefusedStep, TurnRun } from "@/workers/codex-runner/engine/turn-engine";

const IMAGES_MAX = 20;

/** The request as an engine needs it, its images fetched; or why it is none for this lane. */
export async function readRequest(
  { ticket, body, signal }: Pick<TurnRun, "ticket" | "body" | "signal">,
  fetchImage: FetchImage,
): Promise<{ kind: "request"; request: TurnRequest } | DeclinedStep | RefusedStep> {
  try {
    const value = JSON.parse(body.toString("utf8")) as Dict;
    // The gateway has judged it too, by the table of its own release.
    const verdict = judgeForCodex(ticket.wire, value, { strict: false });
    if (verdict.kind === "cannot") return { ...declined("cannot", "cannot", verdict.message), param: verdict.param };
    const request = readTurn(ticket.wire, value);
    return { kind: "request", request: { ...request, items: await inlineImages(request, fetchImage, signal) } };
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== "request_invalid") throw error;
    return { kind: "refused", code: "request_invalid", message: error.message, param: error.param ?? null };
  }
}

async function inlineImages({ items }: TurnRequest, fetchImage: FetchImage, signal: AbortSignal): Promise<TurnRequest["items"]> {
  const urls = remoteImages(items);
  if (urls.length === 0) return items;
  if (urls.length > IMAGES_MAX) throw new AppError("request_invalid", `More than ${IMAGES_MAX} images by URL: send them as data URLs.`);
  const dataUrls = new Map<string, string>();
  // One after the other: the bytes of all of them are bounded by what one may hold at a time.
  for (const url of urls) dataUrls.set(url, await fetchImage(url, signal));
  return withImages(items, dataUrls);
}
