import { WebSocket } from "ws";
import { ConnectionLost } from "@/workers/codex-runner/app-server/connection-lost";
import { UNREAD_NOTIFICATIONS } from "@/workers/codex-runner/app-server/app-server-protocol";
import type { Duplex } from "node:stream";
import type { RawData } from "ws";
import type { AppServerRequests, Notification } from "@/workers/codex-runner/app-server/app-server-protocol";

/**
 * One client of a running `codex app-server`, over a byte stream that leads to its unix socket.
 *
 * Requests that app-server makes to us: `item/tool/call` is never answered, because the tool runs at the API's client, and the turn is
 * interrupted once its calls are known; anything else (approvals, forms) is refused.
 */
export interface AppServer {
  request<M extends keyof AppServerRequests>(
    method: M,
    params: AppServerRequests[M]["params"],
    options?: RequestOptions,
  ): Promise<AppServerRequests[M]["result"]>;
  /** Everything of one thread; `null`: what belongs to no thread, as the account. Returns the function that ends it. */
  subscribe(threadId: string | null, listener: (notification: Notification) => void): () => void;
  /** Settles once, when the connection has ended; null: we closed it. */
  readonly closed: Promise<Error | null>;
  /** The same for what lives shorter than the connection. Returns the function that ends it. */
  whenClosed(listener: (error: ConnectionLost) => void): () => void;
  close(): void;
}

export type RequestOptions = { timeoutMs?: number; signal?: AbortSignal };

export type AppServerOptions = { connectTimeoutMs?: number; signal?: AbortSignal };

/** app-server has refused a request: its own words, its own code. */
export class AppServerRefusal extends Error {
  readonly code: number;

  constructor(method: string, error: { code?: unknown; message?: unknown }) {
    super(typeof error.message === "string" ? error.message : `${method} was refused`);
    this.name = "AppServerRefusal";
    this.code = typeof error.code === "number" ? error.code : 0;
  }

  /** As opposed to a server that is overloaded or has failed. */
  get isRequestsFault(): boolean {
    return this.code === INVALID_REQUEST || this.code === INVALID_PARAMS;
  }
}

const CONNECT_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const REQUESTS_OPEN_MAX = 1_000;
/** What comes: at the largest an item with an image, told back when it was put into a thread. */
const MESSAGE_BYTES_MAX = 128 * 1024 * 1024;
/** What goes: app-server closes the whole connection on a frame above 16 MiB and on a message above 64 MiB. */
const FRAME_BYTES_MAX = 8 * 1024 * 1024;
const SENT_BYTES_MAX = 60 * 1024 * 1024;
const INVALID_REQUEST = -32_600;
const INVALID_PARAMS = -32_602;
const METHOD_NOT_FOUND = -32_601;

type Message = { id?: unknown; method?: unknown; params?: unknown; result?: unknown; error?: { code?: unknown; message?: unknown } };
type Waiting = { method: string; resolve: (result: unknown) => void; reject: (error: Error) => void };
type Listener = (notification: Notification) => void;

/** Connects, introduces itself, and is ready. Throws `ConnectionLost`; the stream is destroyed then. */
export async function openAppServer(stream: Duplex, options: AppServerOptions = {}): Promise<AppServer> {
  const timeoutMs = options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS;
  const socket = new WebSocket("ws://localhost/", {
    createConnection: () => stream as never,
    perMessageDeflate: false,
    maxPayload: MESSAGE_BYTES_MAX,
    handshakeTimeout: timeoutMs,
  });
  const server = new SocketAppServer(socket);
  try {
    await server.opened(options.signal);
    const capabilities = { experimentalApi: true, requestAttestation: false, optOutNotificationMethods: UNREAD_NOTIFICATIONS };
    const clientInfo = { name: "switchyard", title: "Switchyard", version: "0.1.0" };
    await server.request("initialize", { clientInfo, capabilities }, { timeoutMs, signal: options.signal });
    server.notify("initialized");
    return server;
  } catch (cause) {
    server.close();
    stream.destroy();
    if (cause instanceof ConnectionLost) throw cause;
    throw new ConnectionLost("Codex's app-server did not answer.", { cause });
  }
}

class SocketAppServer implements AppServer {
  readonly closed: Promise<Error | null>;
  private readonly waiting = new Map<number, Waiting>();
  private readonly listeners = new Map<string | null, Set<Listener>>();
  private readonly closeListeners = new Set<(error: ConnectionLost) => void>();
  private nextId = 1;
  private ended: ConnectionLost | null = null;
  private closedByUs = false;
  private settleClosed: (error: Error | null) => void = () => undefined;

  constructor(private readonly socket: WebSocket) {
    this.closed = new Promise((resolve) => (this.settleClosed = resolve));
    socket.on("message", (data: RawData) => this.receive(data));
    socket.on("error", (cause) => this.end("The connection to Codex's app-server failed.", cause));
    socket.on("close", () => this.end("The connection to Codex's app-server was closed."));
  }

  opened(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = (): void => this.end("The connection to Codex's app-server was given up.", signal?.reason);
      const forget = this.whenClosed((error) => {
        signal?.removeEventListener("abort", abort);
        reject(error);
      });
      this.socket.once("open", () => {
        signal?.removeEventListener("abort", abort);
        forget();
        resolve();
      });
      signal?.addEventListener("abort", abort, { once: true });
      if (signal?.aborted) abort();
    });
  }

  request<M extends keyof AppServerRequests>(
    method: M,
    params: AppServerRequests[M]["params"],
    { timeoutMs = REQUEST_TIMEOUT_MS, signal }: RequestOptions = {},
  ): Promise<AppServerRequests[M]["result"]> {
    return new Promise((resolve, reject) => {
      if (this.ended) return reject(this.ended);
      if (signal?.aborted) return reject(asError(signal.reason));
      if (this.waiting.size >= REQUESTS_OPEN_MAX) return reject(new Error(`More than ${REQUESTS_OPEN_MAX} requests wait for app-server.`));
      const id = this.nextId++;
      const bytes = Buffer.from(JSON.stringify({ method, id, params }));
      if (bytes.length > SENT_BYTES_MAX) {
        const message = `${bytes.length} bytes are more than Codex takes at once (${SENT_BYTES_MAX}).`;
        return reject(new AppServerRefusal(method, { code: INVALID_REQUEST, message }));
      }
      const settle = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
        this.waiting.delete(id);
      };
      const fail = (error: Error): void => {
        settle();
        reject(error);
      };
      const abort = (): void => fail(asError(signal?.reason));
      const timer = setTimeout(
        () => fail(new ConnectionLost(`Codex's app-server did not answer ${method} within ${timeoutMs} ms.`)),
        timeoutMs,
      );
      signal?.addEventListener("abort", abort, { once: true });
      this.waiting.set(id, {
        method,
        resolve: (result) => {
          settle();
          resolve(result);
        },
        reject: fail,
      });
      this.send(bytes);
    });
  }

  notify(method: string): void {
    this.send(Buffer.from(JSON.stringify({ method })));
  }

  subscribe(threadId: string | null, listener: Listener): () => void {
    const set = this.listeners.get(threadId) ?? new Set();
    this.listeners.set(threadId, set);
    set.add(listener);
    return () => {
      set.delete(listener);
      if (set.size === 0 && this.listeners.get(threadId) === set) this.listeners.delete(threadId);
    };
  }

  whenClosed(listener: (error: ConnectionLost) => void): () => void {
    if (this.ended) listener(this.ended);
    else this.closeListeners.add(listener);
    return () => this.closeListeners.delete(listener);
  }

  close(): void {
    this.closedByUs = true;
    this.end("The connection to Codex's app-server was closed by us.");
  }

  private send(bytes: Buffer): void {
    for (let at = 0; at < bytes.length && !this.ended; at += FRAME_BYTES_MAX) {
      const frame = bytes.subarray(at, at + FRAME_BYTES_MAX);
      this.socket.send(frame, { binary: false, fin: at + FRAME_BYTES_MAX >= bytes.length }, (error) => {
        if (error) this.end("The connection to Codex's app-server failed.", error);
      });
    }
  }

  private receive(data: RawData): void {
    const message = readMessage(data);
    if (message === null) return this.end("Codex's app-server sent what is not a JSON object.");
    const { id, method } = message;
    if (typeof method !== "string") return this.receiveAnswer(message);
    if (id !== undefined) return this.refuse(id, method);
    const params = (message.params ?? {}) as { threadId?: unknown };
    const threadId = typeof params.threadId === "string" ? params.threadId : null;
    const notification = { method, params } as Notification;
    for (const listener of this.listeners.get(threadId) ?? []) listener(notification);
  }

  private receiveAnswer({ id, result, error }: Message): void {
    const waiting = typeof id === "number" ? this.waiting.get(id) : undefined;
    if (waiting === undefined) return;
    if (error) waiting.reject(new AppServerRefusal(waiting.method, error));
    else waiting.resolve(result);
  }

  private refuse(id: unknown, method: string): void {
    if (method === "item/tool/call") return;
    this.send(Buffer.from(JSON.stringify({ id, error: { code: METHOD_NOT_FOUND, message: "This client has nobody to ask." } })));
  }

  private end(message: string, cause?: unknown): void {
    if (this.ended) return;
    this.ended = new ConnectionLost(message, { cause });
    for (const waiting of this.waiting.values()) waiting.reject(this.ended);
    for (const listener of this.closeListeners) listener(this.ended);
    this.socket.terminate();
    this.settleClosed(this.closedByUs ? null : this.ended);
  }
}

function readMessage(data: RawData): Message | null {
  const bytes = Array.isArray(data) ? Buffer.concat(data) : data instanceof ArrayBuffer ? Buffer.from(data) : data;
  try {
    const message: unknown = JSON.parse(bytes.toString("utf8"));
    return typeof message === "object" && message !== null ? message : null;
  } catch {
    return null;
  }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error("aborted", { cause: reason });
}
