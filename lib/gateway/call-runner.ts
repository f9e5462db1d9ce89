import type { Dispatcher } from "undici";
import { wasNotSent } from "@/lib/gateway/call-upstream";
import type { AnswerBody, RunnerCall, RunnerEnd } from "@/lib/gateway/ports";
import { TURN_HEADER, type DeclineClass, type TurnFrame } from "@/lib/turns/runner-protocol";

/** One frame is a line of JSON with a message in it. */
const FRAME_BYTES_MAX = 64 * 1024;
/** Places in line, told one by one. */
const FRAMES_MAX = 10_000;
const REFUSAL_BYTES_MAX = 16 * 1024;

/** The lease is moving, or its holder is being replaced: a moment later somebody else answers. */
const PASSING_STATUSES = new Set([409, 503]);

/** What the same call would be answered again, however often it is sent. It says nothing about the lane, which stays as it is. */
const FINAL_STATUSES: Readonly<Record<number, { class: DeclineClass; message: string }>> = {
  400: { class: "cannot", message: "its runner does not understand the request" },
  401: { class: "lost", message: "its runner does not accept this gateway: the operator has to look at it" },
  404: { class: "lost", message: "its account is no longer there" },
  413: { class: "cannot", message: "the request is too large for it" },
};
const FAILED = { class: "lost", message: "its runner failed" } as const;
/** Of a runner whose secret is not ours: an operator's mistake, which no customer can mend. */
export const SECRET_REFUSED = "runner_status_401";

const LF = 0x0a;

/**
 * Watches whether the account is still driven by whoever was called, and says when it no longer is; returns what ends the watch. A
 * machine that loses its power closes no connection.
 */
export type RunnerWatch = (onGone: () => void) => () => void;

/** One turn at one runner, as in `lib/turns/runner-protocol.ts`, up to the answer or to the reason why there is none. */
export async function callRunner(
  call: RunnerCall & { address: string; secret: string; dispatcher: Dispatcher; watch: RunnerWatch },
): Promise<RunnerEnd> {
  const gone = new AbortController();
  const endWatch = call.watch(() => gone.abort(new Error("the account is driven by another runner")));
  const end = await request(call, AbortSignal.any([call.signal, gone.signal]), endWatch);
  if (end.kind !== "answer") endWatch();
  return end;
}

async function request(
  call: RunnerCall & { address: string; secret: string; dispatcher: Dispatcher },
  signal: AbortSignal,
  onAnswerEnd: () => void,
): Promise<RunnerEnd> {
  const base = new URL(call.address);
  let answer: Dispatcher.ResponseData;
  try {
    answer = await call.dispatcher.request({
      origin: base.origin,
      path: `${base.pathname.replace(/\/$/, "")}/turns`,
      method: "POST",
      headers: {
        authorization: `Bearer ${call.secret}`,
        "content-type": "application/json",
        [TURN_HEADER]: Buffer.from(JSON.stringify(call.ticket)).toString("base64url"),
      },
      body: call.body,
      signal,
      // A turn may stand in line and think for longer than any timeout of the client library.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  } catch (error) {
    if (call.signal.aborted) return { kind: "aborted" };
    return { kind: "lost", reason: "unreachable", ran: !wasNotSent(error), movedTo: null };
  }
  if (answer.statusCode !== 200) return refusedByRunner(answer);
  return readFrames(answer.body, call, onAnswerEnd);
}

async function refusedByRunner({ statusCode, body }: Dispatcher.ResponseData): Promise<RunnerEnd> {
  let text = "";
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      text += chunk.toString("utf8");
      if (text.length > REFUSAL_BYTES_MAX) break;
    }
  } catch {
    // The status says enough.
  }
  body.destroy();
  const movedTo = statusCode === 409 ? readMovedTo(text) : null;
  if (PASSING_STATUSES.has(statusCode)) {
    return { kind: "lost", reason: movedTo === null ? `status_${statusCode}` : "moved", ran: false, movedTo };
  }
  const { class: why, message } = FINAL_STATUSES[statusCode] ?? FAILED;
  return { kind: "declined", class: why, reason: `runner_status_${statusCode}`, message, until: null, param: null };
}

function readMovedTo(text: string): string | null {
  try {
    const { movedTo } = JSON.parse(text) as { movedTo?: unknown };
    return typeof movedTo === "string" && URL.canParse(movedTo) ? movedTo : null;
  } catch {
    return null;
  }
}

async function readFrames(body: Dispatcher.ResponseData["body"], call: RunnerCall, onAnswerEnd: () => void): Promise<RunnerEnd> {
  const chunks = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let kept: Buffer = Buffer.alloc(0);
  /** While it only stood in line, nothing has been run. */
  let ran = true;
  try {
    for (let count = 0; count < FRAMES_MAX; count++) {
      let end = kept.indexOf(LF);
      while (end < 0 && kept.length <= FRAME_BYTES_MAX) {
        const next = await chunks.next();
        if (next.done) return lost("cut", ran);
        kept = kept.length === 0 ? next.value : Buffer.concat([kept, next.value]);
        end = kept.indexOf(LF);
      }
      const frame = end < 0 ? null : readFrame(kept.toString("utf8", 0, end));
      if (frame === null) break;
      kept = kept.subarray(end + 1);
      switch (frame.kind) {
        case "queued":
        case "running":
          ran = frame.kind === "running";
          call.onWaiting(frame);
          continue;
        case "answer":
          return { kind: "answer", contentType: frame.contentType, body: answerBody(kept, { chunks, source: body, onEnd: onAnswerEnd }) };
        case "declined":
        case "refused":
          body.destroy();
          return frame;
      }
    }
    body.destroy();
    return lost("not_understood", ran);
  } catch {
    body.destroy();
    return call.signal.aborted ? { kind: "aborted" } : lost("cut", ran);
  }
}

function lost(reason: string, ran: boolean): RunnerEnd {
  return { kind: "lost", reason, ran, movedTo: null };
}

/** The runner is ours, but may be of another version. */
function readFrame(line: string): TurnFrame | null {
  try {
    const frame = JSON.parse(line) as TurnFrame;
    return ["queued", "running", "declined", "refused", "answer"].includes(frame.kind) ? frame : null;
  } catch {
    return null;
  }
}

/** What follows the last frame. */
function answerBody(first: Buffer, from: { chunks: AsyncIterator<Buffer>; source: { destroy(): void }; onEnd: () => void }): AnswerBody {
  let isFirst = first.length > 0;
  const giveUp = () => {
    from.onEnd();
    from.source.destroy();
  };
  const rest: AsyncIterator<Uint8Array> = {
    return: () => {
      giveUp();
      return Promise.resolve({ done: true, value: undefined });
    },
    next: async () => {
      if (isFirst) {
        isFirst = false;
        return { done: false, value: first };
      }
      try {
        const next = await from.chunks.next();
        if (next.done) from.onEnd();
        return next;
      } catch (error) {
        from.onEnd();
        throw error;
      }
    },
  };
  return { [Symbol.asyncIterator]: () => rest, destroy: giveUp };
}
