import { connect, type Socket } from "node:net";
import { requestBody } from "@/tests/bench/canned";
import type { Shot, ShotResult } from "@/tests/bench/load-type";

/*
 * The client of the bench, in a process of its own: plain sockets and just enough HTTP/1.1 to know where an answer ends,
 * because on a small machine a full client would take from the contestant what is to be measured.
 */

const PATH = "/v1/responses";
const HEAD_END = Buffer.from("\r\n\r\n");
const CHUNKED_END = "\r\n0\r\n\r\n";
const QUIET_MS = 5_000;
const TERMINAL = "response.completed";

class Connection {
  #socket: Socket | null = null;
  #head: Buffer | null = null;
  #isHeadRead = false;
  #bytesLeft = 0;
  #isChunked = false;
  #tail = "";
  #isBusy = false;
  #startedAt = 0;
  #firstByteAt = 0;
  #text: string[] | null = [];

  constructor(
    private readonly run: Run,
    private readonly shot: Shot,
    private readonly body: Buffer,
    private turn: number,
  ) {}

  open(): void {
    const socket = connect({ host: "127.0.0.1", port: this.shot.port, noDelay: true });
    this.#socket = socket;
    socket.on("connect", () => this.send());
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    socket.on("error", (error) => this.run.fail(error));
    socket.on("close", () => {
      if (this.run.isOver) return;
      if (this.#isBusy) this.run.fail(new Error("the connection was closed in the middle of an answer"));
      else this.open();
    });
  }

  send(): void {
    const socket = this.#socket!;
    const { headers, port } = this.shot;
    const own = headers[this.turn++ % headers.length]!;
    this.#isBusy = true;
    this.#isHeadRead = false;
    this.#head = null;
    this.#tail = "";
    this.#startedAt = performance.now();
    socket.cork();
    socket.write(
      `POST ${PATH} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-type: application/json\r\n${own}content-length: ${this.body.length}\r\n\r\n`,
      "latin1",
    );
    socket.write(this.body);
    socket.uncork();
  }

  get isBusy(): boolean {
    return this.#isBusy;
  }

  close(): void {
    this.#socket?.destroy();
  }

  #take(chunk: Buffer): void {
    if (this.#isHeadRead) return this.#takeBody(chunk);
    this.#head = this.#head === null ? chunk : Buffer.concat([this.#head, chunk]);
    const end = this.#head.indexOf(HEAD_END);
    if (end < 0) return;
    const head = this.#head.toString("latin1", 0, end + 4);
    if (!head.startsWith("HTTP/1.1 200")) return this.run.fail(new Error(`not a 200: ${this.#head.toString("utf8", 0, 600)}`));
    const length = /\r\ncontent-length: *(\d+)/i.exec(head);
    this.#isChunked = length === null;
    this.#bytesLeft = Number(length?.[1] ?? 0);
    this.#isHeadRead = true;
    this.#firstByteAt = 0;
    const rest = this.#head.subarray(end + 4);
    if (rest.length > 0) this.#takeBody(rest);
  }

  #takeBody(chunk: Buffer): void {
    if (this.#firstByteAt === 0) this.#firstByteAt = performance.now();
    this.#text?.push(chunk.toString("latin1"));
    if (this.#isChunked) {
      this.#tail = (this.#tail + chunk.toString("latin1", Math.max(0, chunk.length - CHUNKED_END.length))).slice(-CHUNKED_END.length);
      if (this.#tail !== CHUNKED_END) return;
    } else {
      this.#bytesLeft -= chunk.length;
      if (this.#bytesLeft > 0) return;
    }
    this.#checkFirst();
    this.#isBusy = false;
    this.run.note(this.#startedAt, this.#firstByteAt, performance.now());
    if (!this.run.isOver) this.send();
  }

  /** A fast wrong answer must not win: each connection looks into its first one. */
  #checkFirst(): void {
    if (this.#text === null) return;
    const text = this.#text.join("");
    this.#text = null;
    const wanted = this.shot.stream ? [TERMINAL, '"input_tokens"'] : ['"status":"completed"', '"input_tokens"'];
    for (const part of wanted) if (!text.includes(part)) this.run.fail(new Error(`an answer without ${part}: ${text.slice(0, 400)}`));
  }
}

class Run {
  isOver = false;
  readonly #took: number[] = [];
  readonly #firstByte: number[] = [];
  #measureFrom = Infinity;
  #measureTo = Infinity;

  constructor(private readonly onFailure: (error: Error) => void) {}

  measure(from: number, to: number): void {
    this.#measureFrom = from;
    this.#measureTo = to;
  }

  note(startedAt: number, firstByteAt: number, endedAt: number): void {
    if (endedAt < this.#measureFrom || endedAt > this.#measureTo) return;
    this.#took.push(endedAt - startedAt);
    this.#firstByte.push(firstByteAt - startedAt);
  }

  fail(error: Error): void {
    if (!this.isOver) this.onFailure(error);
  }

  result(measureMs: number): ShotResult {
    const took = Float64Array.from(this.#took).toSorted();
    const firstByte = Float64Array.from(this.#firstByte).toSorted();
    return {
      requests: took.length,
      perSecond: (took.length * 1000) / measureMs,
      p50: quantile(took, 0.5),
      p99: quantile(took, 0.99),
      firstByteP50: quantile(firstByte, 0.5),
    };
  }
}

function quantile(sorted: Float64Array, q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? NaN;
}

async function fire(shot: Shot): Promise<ShotResult> {
  const body = requestBody(shot.body, shot.stream);
  let connections: Connection[] = [];
  try {
    return await new Promise<ShotResult>((resolve, reject) => {
      const run = new Run(reject);
      connections = Array.from({ length: shot.connections }, (_, index) => new Connection(run, shot, body, index));
      const from = performance.now() + shot.warmUpMs;
      run.measure(from, from + shot.measureMs);
      for (const connection of connections) connection.open();
      setTimeout(() => {
        run.isOver = true;
        const result = run.result(shot.measureMs);
        // What is on its way is waited for, or it would be work in the next contestant's time.
        const askedAt = performance.now();
        const quiet = setInterval(() => {
          if (connections.some((connection) => connection.isBusy) && performance.now() - askedAt < QUIET_MS) return;
          clearInterval(quiet);
          resolve(result);
        }, 5);
      }, shot.warmUpMs + shot.measureMs);
    });
  } finally {
    for (const connection of connections) connection.close();
  }
}

process.on("message", (shot: Shot) => {
  void fire(shot).then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
process.send?.({ port: 0 });
process.once("SIGTERM", () => process.exit(0));
process.once("disconnect", () => process.exit(0));
