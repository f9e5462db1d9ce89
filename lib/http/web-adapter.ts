import type { Call, Reply } from "@/lib/http/call";

export type WebCallOptions = { /** Web requests do not tell; null when the host cannot either. */ clientAddress: string | null };

const EMPTY_BODY_STATUS = new Set([101, 103, 204, 205, 304]);

export function callFromRequest(request: Request, options: WebCallOptions): Call {
  const url = new URL(request.url);
  const headers: Record<string, string> = {};
  request.headers.forEach((value, name) => {
    headers[name] = value;
  });
  return {
    method: request.method,
    path: url.pathname,
    query: url.search,
    headers,
    body: readBytes(request.body),
    clientAddress: options.clientAddress,
    signal: request.signal,
  };
}

/** When the client goes away the body is still read to its end: whoever makes it decides when to stop. */
export function responseFromReply(reply: Reply): Response {
  const init = { status: reply.status, headers: { ...reply.headers } };
  if (reply.body instanceof Uint8Array) {
    // Web responses do not tell when their bytes are out; handing them over is the most that can be known.
    reply.onEnd?.(true);
    return new Response(EMPTY_BODY_STATUS.has(reply.status) ? null : Buffer.from(reply.body), init);
  }
  const iterator = reply.body[Symbol.asyncIterator]();
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = await iterator.next();
        if (!next.done) return controller.enqueue(next.value);
        controller.close();
        reply.onEnd?.(true);
      },
      cancel() {
        reply.onEnd?.(false);
        void drain(iterator);
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(stream, init);
}

async function drain(iterator: AsyncIterator<Uint8Array>): Promise<void> {
  try {
    while (!(await iterator.next()).done);
  } catch {
    // The client has left, so there is nobody to tell; the maker of the body has its own log.
  }
}

async function* readBytes(body: ReadableStream<Uint8Array> | null): AsyncGenerator<Uint8Array> {
  if (body === null) return;
  const reader = body.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    reader.releaseLock();
  }
}
