import { once } from "node:events";
import { Duplex } from "node:stream";
import { type ClientOptions, type RawData, WebSocket } from "ws";
import { CONTAINER } from "@/workers/codex-runner/containers/kubernetes/account-objects";
import type { Cluster } from "@/workers/codex-runner/containers/kubernetes/cluster";

/**
 * A program in a container over the API's WebSocket: every message begins with one byte that says which of the program's streams it
 * belongs to, and the last one, of channel 3, tells how the program ended.
 */
export type Exec = { pod: string; command: readonly string[]; signal?: AbortSignal };

const CHANNEL = { stdin: 0, stdout: 1, stderr: 2, status: 3 } as const;
const PROTOCOLS = ["v5.channel.k8s.io", "v4.channel.k8s.io"];
const HANDSHAKE_MS_MAX = 10_000;
/** A cluster whose machine lost its power does not say so. Whoever answered none of the pings for one interval is gone. */
const PING_MS = 15_000;
/** Of one message; the API cuts output into far smaller ones. */
const MESSAGE_BYTES_MAX = 16 * 1024 * 1024;
const LAST_WORDS_CHARS_MAX = 2_000;

/** What is written is the program's stdin, what is read its stdout. Ends with the program; fails with its last words when it failed. */
export async function execInPod(cluster: Cluster, { pod, command, signal }: Exec): Promise<Duplex> {
  signal?.throwIfAborted();
  const query = new URLSearchParams({ container: CONTAINER, stdin: "true", stdout: "true", stderr: "true", tty: "false" });
  for (const part of command) query.append("command", part);
  const path = `/api/v1/namespaces/${cluster.namespace}/pods/${pod}/exec?${query.toString()}`;
  const options: ClientOptions = {
    handshakeTimeout: HANDSHAKE_MS_MAX,
    maxPayload: MESSAGE_BYTES_MAX,
    perMessageDeflate: false,
  };
  await cluster.config.applyToHTTPSOptions(options);
  const socket = new WebSocket(`${cluster.server.replace(/^http/, "ws")}${path}`, PROTOCOLS, options);
  const stream = programStream(socket);
  try {
    await once(socket, "open", { signal });
  } catch (error) {
    stream.destroy();
    throw error;
  }
  abortWith(stream, signal);
  return stream;
}

function programStream(socket: WebSocket): Duplex {
  const stream = new Duplex({
    allowHalfOpen: false,
    read: () => void (socket.isPaused && socket.resume()),
    write: (chunk: Buffer, _encoding, done) => socket.send(Buffer.concat([Buffer.of(CHANNEL.stdin), chunk]), done),
    final: (done) => {
      socket.close();
      done();
    },
    destroy: (error, done) => {
      clearInterval(pings);
      socket.terminate();
      done(error);
    },
  });
  // It may fail before anybody listens; whoever uses it finds it destroyed.
  stream.on("error", () => undefined);
  let lastWords = "";
  socket.on("message", (data: RawData) => {
    const bytes = asBuffer(data);
    const body = bytes.subarray(1);
    if (bytes[0] === CHANNEL.stdout && body.length > 0 && !stream.push(body)) socket.pause();
    if (bytes[0] === CHANNEL.stderr) lastWords = `${lastWords}${body.toString("utf8")}`.slice(-LAST_WORDS_CHARS_MAX);
    if (bytes[0] === CHANNEL.status) {
      const failure = failureOf(body, lastWords);
      if (failure === null) stream.push(null);
      else stream.destroy(failure);
    }
  });
  socket.on("error", (error) => stream.destroy(error));
  socket.on("close", () => stream.push(null));
  let isAlive = true;
  socket.on("pong", () => (isAlive = true));
  const pings = setInterval(() => {
    // Nothing is read from a paused one, so neither is its pong.
    if (socket.isPaused) isAlive = true;
    if (socket.readyState !== WebSocket.OPEN || socket.isPaused) return;
    if (!isAlive) return void stream.destroy(new Error("the cluster does not answer any more"));
    isAlive = false;
    socket.ping();
  }, PING_MS);
  pings.unref();
  return stream;
}

/** Null: the program ended well. */
function failureOf(status: Buffer, lastWords: string): Error | null {
  let said: { status?: string; message?: string };
  try {
    said = JSON.parse(status.toString("utf8")) as typeof said;
  } catch (cause) {
    return new Error("the cluster does not say how the program ended", { cause });
  }
  if (said.status === "Success") return null;
  const { message } = said;
  return new Error([message ?? "the program failed", lastWords.trim()].filter((part) => part !== "").join(": "));
}

function asBuffer(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? Buffer.from(data) : data;
}

function abortWith(stream: Duplex, signal: AbortSignal | undefined): void {
  if (!signal) return;
  const abort = () => void stream.destroy();
  signal.addEventListener("abort", abort, { once: true });
  stream.once("close", () => signal.removeEventListener("abort", abort));
}
