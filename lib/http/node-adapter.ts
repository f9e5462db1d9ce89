import { clientAddress } from "@/lib/http/client-address";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Call, GatewayHandle, HeaderMap, Reply } from "@/lib/http/call";

export type NodeCallOptions = { trustedProxies: readonly string[] };
export type NodeReplyOptions = { /** A client that takes nothing for this long is cut off. */ stallMs: number };

export type NodeCall = {
  call: Call;
  /** To be called once the reply has ended: sockets are kept alive, and what listens on them must go. */
  release: () => void;
};

/** After an early refusal the rest of the body is read and thrown away for this long, so that the refusal arrives. */
const LINGER_MS = 5_000;

export async function serveNodeRequest(
  handle: GatewayHandle,
  exchange: { req: IncomingMessage; res: ServerResponse },
  options: NodeCallOptions & NodeReplyOptions,
): Promise<{ delivered: boolean }> {
  const { call, release } = nodeCall(exchange.req, options);
  try {
    const reply = await handle(call);
    const sent = await sendNodeReply(exchange.res, reply, options);
    reply.onEnd?.(sent.delivered);
    return sent;
  } finally {
    release();
  }
}

function nodeCall(req: IncomingMessage, options: NodeCallOptions): NodeCall {
  const gone = new AbortController();
  const onClose = () => gone.abort();
  req.socket.once("close", onClose);
  if (req.socket.destroyed) gone.abort();
  const headers = readHeaders(req);
  const url = req.url ?? "/";
  const queryAt = url.indexOf("?");
  const path = queryAt < 0 ? url : url.slice(0, queryAt);
  return {
    call: {
      method: req.method ?? "GET",
      path: path.startsWith("/") ? path : `/${path}`,
      query: queryAt < 0 ? "" : url.slice(queryAt),
      headers,
      // Leaving the body half read must not close the socket: the refusal still has to travel over it.
      body: { [Symbol.asyncIterator]: () => req.iterator({ destroyOnReturn: false }) as AsyncIterator<Uint8Array> },
      clientAddress: clientAddress({ remoteAddress: req.socket.remoteAddress, headers, trustedProxies: options.trustedProxies }),
      signal: gone.signal,
    },
    release: () => req.socket.removeListener("close", onClose),
  };
}

/**
 * Writes the reply with backpressure. Delivered means that everything, the end included, was handed to the socket.
 * When the client is gone or has stalled, the body is still read to its end and thrown away: whoever makes it decides
 * when to stop, because an upstream answer is drained for its usage.
 */
async function sendNodeReply(res: ServerResponse, reply: Reply, options: NodeReplyOptions): Promise<{ delivered: boolean }> {
  const isWhole = reply.body instanceof Uint8Array;
  const headers: Record<string, string> = { ...reply.headers };
  if (isWhole && reply.status !== 204 && reply.status !== 304) headers["content-length"] = String((reply.body as Uint8Array).byteLength);
  const canWrite = () => !res.destroyed && !res.closed && res.socket?.destroyed !== true;

  if (canWrite()) res.writeHead(reply.status, headers);
  if (isWhole) {
    if (canWrite()) res.end(reply.body);
  } else {
    if (canWrite()) res.flushHeaders();
    try {
      for await (const chunk of reply.body as AsyncIterable<Uint8Array>) {
        if (!canWrite() || chunk.byteLength === 0) continue;
        if (!res.write(chunk)) await settled(res, "drain", options.stallMs);
      }
    } catch (cause) {
      // An end that looks regular would pass for a whole answer.
      res.destroy();
      throw cause;
    }
    if (canWrite()) res.end();
  }
  if (canWrite() && !res.writableFinished) await settled(res, "finish", options.stallMs);
  const delivered = res.writableFinished;
  if (delivered && !res.req.complete) discardRest(res.req);
  return { delivered };
}

/** Waits for `event` or for the end of the connection; a client that lets the deadline pass loses its connection. */
function settled(res: ServerResponse, event: "drain" | "finish", stallMs: number): Promise<void> {
  return new Promise((resolve) => {
    const deadline = setTimeout(() => res.destroy(), stallMs);
    const done = () => {
      clearTimeout(deadline);
      res.off(event, done);
      res.off("close", done);
      resolve();
    };
    res.on(event, done);
    res.on("close", done);
  });
}

/** The connection lives on when the rest of the body arrives in time; closing it at once could lose the refusal on its way. */
function discardRest(req: IncomingMessage): void {
  const { socket } = req;
  const deadline = setTimeout(() => socket.destroy(), LINGER_MS);
  req.once("close", () => clearTimeout(deadline));
  req.resume();
}

function readHeaders(req: IncomingMessage): HeaderMap {
  const { headers } = req;
  const cookies = headers["set-cookie"];
  // Node joins repeated headers to one string, all but this one, which no request has reason to send.
  return (cookies === undefined ? headers : { ...headers, "set-cookie": cookies.join(", ") }) as HeaderMap;
}
