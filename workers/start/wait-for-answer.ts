import { setTimeout as sleep } from "node:timers/promises";
import { request } from "undici";
import { OperatorError } from "@/workers/shared/operator-error";

const POLL_MS = 100;
const BOUND_MS = 120_000;

type Awaiting = { name: string; url: string; headers?: Record<string, string>; signal: AbortSignal };

/** Polls until a GET answers 200. */
export async function waitForAnswer({ name, url, headers, signal }: Awaiting): Promise<void> {
  const deadline = Date.now() + BOUND_MS;
  let last = "nothing";
  while (Date.now() < deadline) {
    try {
      const answer = await request(url, { headers, signal });
      const text = await answer.body.text();
      if (answer.statusCode === 200) return;
      last = `${answer.statusCode} ${text.slice(0, 200)}`;
    } catch (error) {
      signal.throwIfAborted();
      last = (error as Error).message;
    }
    await sleep(POLL_MS, undefined, { signal });
  }
  throw new OperatorError(`${name} was not ready after ${BOUND_MS / 1000} s: ${url} last answered ${last}`);
}
