import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { DecodedBudget } from "@/lib/http/decoded-budget";
import type { TurnTicket } from "@/lib/turns/runner-protocol";
import type { ReportedLimits } from "@/lib/turns/reported-limits";
import type { AppServer } from "@/workers/codex-runner/app-server/app-server";
import { runTurn } from "@/workers/codex-runner/engine/app-server-turn";
import type { ImageSource } from "@/workers/codex-runner/engine/turn-images";
import type { DeclinedStep, TurnStep } from "@/workers/codex-runner/engine/turn-engine";

type Body = { model?: unknown; stream?: unknown; stream_options?: { include_usage?: unknown } | null };

/** The ticket that the gateway would have written for this body. */
export function ticketFor(wire: TurnTicket["wire"], body: object, changes: Partial<TurnTicket> = {}): TurnTicket {
  const { model, stream, stream_options: options } = body as Body;
  return {
    requestId: "req_0193c1f2",
    userId: "usr_1",
    keyId: "key_1",
    laneId: "lane_1",
    accountId: "acct_1",
    wire,
    stream: stream === true,
    includeUsage: options?.include_usage === true,
    model: String(model),
    isRerun: false,
    outputTokensMax: 32_000,
    queueMs: 1_000,
    deadlineMs: 60_000,
    ...changes,
  };
}

export type TurnOptions = {
  ticket?: Partial<TurnTicket>;
  signal?: AbortSignal;
  images?: ImageSource;
  onLimits?: (limits: ReportedLimits) => void;
  onTrouble?: (trouble: DeclinedStep) => void;
};

const NO_IMAGES: ImageSource = {
  fetchImage: () => Promise.reject(new Error("no image was expected")),
  budget: new DecodedBudget(0),
};

export function openTurn(server: AppServer, wire: TurnTicket["wire"], body: object, options: TurnOptions = {}): AsyncGenerator<TurnStep> {
  const run = {
    server,
    ticket: ticketFor(wire, body, options.ticket),
    body: Buffer.from(JSON.stringify(body)),
    signal: options.signal ?? new AbortController().signal,
    onLimits: options.onLimits ?? (() => undefined),
    onTrouble: options.onTrouble,
  };
  return runTurn(run, options.images ?? NO_IMAGES);
}

export type TurnEnd = { steps: TurnStep[]; text: string };

/** `text`: the bytes as a client would read them. */
export async function endOfTurn(turn: AsyncIterable<TurnStep>): Promise<TurnEnd> {
  const steps: TurnStep[] = [];
  for await (const step of turn) steps.push(step);
  return { steps, text: steps.map((step) => (step.kind === "bytes" ? Buffer.from(step.bytes).toString("utf8") : "")).join("") };
}

export type TurnServer = { baseUrl: string; close: () => Promise<void> };

/** Turns behind HTTP, with nothing between them and an SDK. What the engine declines or refuses is answered as 409 with the step. */
export async function serveTurns(server: () => AppServer): Promise<TurnServer> {
  const http = createServer((request, response) => {
    const hungUp = new AbortController();
    response.on("close", () => hungUp.abort());
    void (async () => {
      const body = JSON.parse(await readText(request)) as object;
      const wire = request.url?.endsWith("/responses") ? "responses" : "chat";
      for await (const step of openTurn(server(), wire, body, { signal: hungUp.signal })) {
        if (step.kind === "answer") response.writeHead(200, { "content-type": step.contentType });
        else if (step.kind === "bytes") response.write(step.bytes);
        else
          response.writeHead(409, { "content-type": "application/json", "x-should-retry": "false" }).write(JSON.stringify({ error: step }));
      }
      response.end();
    })();
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  return {
    baseUrl: `http://127.0.0.1:${(http.address() as AddressInfo).port}/v1`,
    close: async () => {
      http.closeAllConnections();
      http.close();
      await once(http, "close");
    },
  };
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
