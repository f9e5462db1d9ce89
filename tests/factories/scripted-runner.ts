import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { AppError } from "@/lib/errors/app-error";
import { NO_USAGE } from "@/lib/openai/usage-type";
import type { AnswerWriter } from "@/lib/turns/answer-writer";
import { ChatWriter } from "@/lib/turns/chat-writer";
import { ResponsesWriter } from "@/lib/turns/responses-writer";
import { TURN_HEADER, type TurnFrame, type TurnTicket } from "@/lib/turns/runner-protocol";

/** One call of `web`, in the hands of the test. */
export type ScriptedTurn = {
  ticket: TurnTicket;
  body: Record<string, unknown>;
  authorization: string;
  /** Resolves when `web` has hung up, or has had everything. */
  gone: Promise<void>;
  status(status: number, body?: object): void;
  frame(frame: TurnFrame): void;
  /** Raw bytes behind the frame `answer`. */
  write(bytes: string): void;
  /** What was written behind it so far. */
  written(): string;
  /** The frame `answer` and the first words; what follows comes with `finish`. */
  begin(text: string): void;
  finish(text?: string, usage?: { counted: boolean }): void;
  /** Ends what was begun as a runner does whose model failed. */
  fail(error: AppError): void;
  /** A whole answer of these words. */
  answer(text: string): void;
  decline(frame: Partial<Extract<TurnFrame, { kind: "declined" }>> & Pick<Extract<TurnFrame, { kind: "declined" }>, "class">): void;
  refuse(frame: Omit<Extract<TurnFrame, { kind: "refused" }>, "kind">): void;
  /** Breaks the connection. */
  cut(): void;
};

export type TurnScript = (turn: ScriptedTurn) => unknown;

export type ScriptedRunner = {
  address: string;
  turns: ScriptedTurn[];
  /** The next turns of an account, one script each; then `always`, which answers unless it is told otherwise. */
  next(accountId: string, ...scripts: TurnScript[]): void;
  always(accountId: string, script: TurnScript): void;
  close(): Promise<void>;
};

const SCRIPTED_USAGE = { ...NO_USAGE, freshInputTokens: 40, cachedInputTokens: 10, outputTokens: 7 };
export const RUNNER_SECRET = "a runner secret for tests and nothing else";

/** Speaks the runner's side of `lib/turns/runner-protocol.ts` and says what the test wants. */
export async function startScriptedRunner(): Promise<ScriptedRunner> {
  const turns: ScriptedTurn[] = [];
  const queues = new Map<string, TurnScript[]>();
  const standing = new Map<string, TurnScript>();
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on("data", (chunk: Buffer) => chunks.push(chunk));
    req.on("end", () => {
      const header = req.headers[TURN_HEADER];
      if (req.method !== "POST" || req.url !== "/turns" || typeof header !== "string") return void res.writeHead(404).end();
      const ticket = JSON.parse(Buffer.from(header, "base64url").toString("utf8")) as TurnTicket;
      const body = JSON.parse(Buffer.concat(chunks).toString("utf8")) as Record<string, unknown>;
      const turn = scriptedTurn(res, { ticket, body, authorization: req.headers.authorization ?? "" });
      turns.push(turn);
      const script = queues.get(ticket.accountId)?.shift() ?? standing.get(ticket.accountId) ?? ((it) => it.answer("hello from codex"));
      void script(turn);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    turns,
    next: (accountId, ...scripts) => void queues.set(accountId, [...(queues.get(accountId) ?? []), ...scripts]),
    always: (accountId, script) => void standing.set(accountId, script),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function scriptedTurn(res: ServerResponse, seen: Pick<ScriptedTurn, "ticket" | "body" | "authorization">): ScriptedTurn {
  const writer = writerFor(seen.ticket);
  let written = "";
  const turn: ScriptedTurn = {
    ...seen,
    gone: new Promise((resolve) => void res.on("close", resolve)),
    status: (status, body = {}) => void res.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body)),
    frame: (frame) => void res.write(`${JSON.stringify(frame)}\n`),
    write: (bytes) => {
      written += bytes;
      res.write(bytes);
    },
    written: () => written,
    begin: (text) => {
      turn.frame({ kind: "answer", contentType: seen.ticket.stream ? "text/event-stream" : "application/json" });
      turn.write(writer.write({ kind: "message", id: null, phase: null }) + writer.write({ kind: "text", delta: text }));
    },
    finish: (text = "", { counted } = { counted: false }) => {
      turn.write(writer.write({ kind: "text", delta: text }));
      turn.write(writer.end({ finish: "completed", usage: { ...SCRIPTED_USAGE, counted } }));
      res.end();
    },
    fail: (error) => {
      turn.write(writer.fail(error));
      res.end();
    },
    answer: (text) => {
      turn.begin(text);
      turn.finish();
    },
    decline: (frame) => {
      turn.frame({ kind: "declined", reason: "scripted", message: "the test said so", until: null, param: null, ...frame });
      res.end();
    },
    refuse: (frame) => {
      turn.frame({ kind: "refused", ...frame });
      res.end();
    },
    cut: () => res.destroy(),
  };
  return turn;
}

function writerFor(ticket: TurnTicket): AnswerWriter {
  let items = 0;
  const head = {
    requestId: ticket.requestId,
    model: ticket.model,
    createdAtS: 1_700_000_000,
    stream: ticket.stream,
    includeUsage: ticket.includeUsage,
    newItemId: (prefix: string) => `${prefix}_${++items}`,
  };
  return ticket.wire === "chat" ? new ChatWriter(head) : new ResponsesWriter({ ...head, echo: {}, encryptedReasoning: true });
}
