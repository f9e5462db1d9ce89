import type { ServerResponse } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import type { Behaviour, Refusal, StreamPoint } from "@/workers/simulator/openai/behaviour";
import type { SimulatorControl } from "@/workers/simulator/openai/control";
import type { RecordedRequest } from "@/workers/simulator/openai/record-request";

/** What a route answers: a whole JSON body, or the frames of an event stream. */
export type Answer = { behaviour: Behaviour } & (
  { kind: "json"; status: number; body: unknown; headers?: Record<string, string> } | { kind: "stream"; frames: Iterable<string> }
);

export type Delivery = {
  response: ServerResponse;
  record: RecordedRequest;
  control: SimulatorControl;
  clientGone: AbortSignal;
  headers: Record<string, string>;
};

const TEXT_DELTA = "event: response.output_text.delta";

export function refuse(refusal: Refusal, behaviour: Behaviour): Answer {
  return { kind: "json", status: refusal.status, body: refusal.body, headers: refusal.headers, behaviour };
}

/** Sends an answer the way its behaviour wants it: whole, in steps, cut short, or never. */
export async function sendAnswer(answer: Answer, delivery: Delivery): Promise<void> {
  const { response, control, clientGone } = delivery;
  const { behaviour } = answer;
  if (behaviour.gate === "before_headers") await control.passGate(clientGone);
  if (clientGone.aborted || behaviour.hang === "before_headers") return;
  if (behaviour.cut === "before_headers") return cut(delivery);

  const headers = { ...delivery.headers, ...behaviour.headers };
  if (behaviour.openaiModelHeader !== undefined) headers["openai-model"] = behaviour.openaiModelHeader;
  if (answer.kind === "json") return sendJson(answer, delivery, headers);

  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache", ...headers });
  response.flushHeaders();
  if (behaviour.hang === "after_headers") return;
  await sendFrames(answer.frames, behaviour, delivery);
}

function sendJson(answer: Extract<Answer, { kind: "json" }>, delivery: Delivery, headers: Record<string, string>): void {
  const { response } = delivery;
  const { behaviour } = answer;
  const body = Buffer.from(JSON.stringify(answer.body));
  response.writeHead(answer.status, {
    "content-type": "application/json",
    "content-length": String(body.length),
    ...headers,
    ...answer.headers,
  });
  if (behaviour.cut !== undefined) {
    response.write(body.subarray(0, body.length >> 1));
    return cut(delivery);
  }
  if (behaviour.hang !== undefined) return response.flushHeaders();
  response.end(body);
}

async function sendFrames(frames: Iterable<string>, behaviour: Behaviour, delivery: Delivery): Promise<void> {
  const { response, control, clientGone } = delivery;
  const sent = { events: 0, deltas: 0 };
  let gateIsShut = behaviour.gate !== undefined;
  for (const frame of frames) {
    if (behaviour.gate === "each_event") await control.passGate(clientGone);
    else if (gateIsShut && isReached(behaviour.gate, sent)) {
      gateIsShut = false;
      await control.passGate(clientGone);
    }
    if (clientGone.aborted || isReached(behaviour.hang, sent)) return;
    if (isReached(behaviour.cut, sent)) {
      if (typeof behaviour.cut === "object" && behaviour.cut.midEvent) response.write(frame.slice(0, frame.length >> 1));
      return cut(delivery);
    }
    if (!response.write(frame)) await drained(response, clientGone);
    if (behaviour.pauseMs !== undefined) await pause(behaviour.pauseMs, undefined, { signal: clientGone }).catch(() => {});
    sent.events += 1;
    if (frame.startsWith(TEXT_DELTA)) sent.deltas += 1;
  }
  response.end();
}

function isReached(point: StreamPoint | string | undefined, sent: { events: number; deltas: number }): boolean {
  if (typeof point !== "object") return false;
  return "afterEvents" in point ? sent.events === point.afterEvents : sent.deltas === point.afterDeltas;
}

function cut({ response, record }: Delivery): void {
  record.outcome = "cut";
  // What was written leaves first; then the connection ends without the end of the message.
  response.socket?.destroySoon();
}

function drained(response: ServerResponse, clientGone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off("drain", done);
      clientGone.removeEventListener("abort", done);
      resolve();
    };
    response.once("drain", done);
    clientGone.addEventListener("abort", done);
  });
}
