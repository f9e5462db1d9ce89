import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import type { TestCustomer } from "@/tests/factories/customer";
import { SseSplitter } from "@/lib/openai/sse";

export type StreamedEvent = Record<string, unknown> & { type?: string };

/** One request on a socket of its own, seen as a client sees it: while it runs, and when it has ended. */
export type Exchange = {
  status: number;
  headers: IncomingHttpHeaders;
  /** All bytes that have arrived so far. */
  bytes(): Buffer;
  text(): string;
  json<T = Record<string, unknown>>(): T;
  /** The data of the events so far; `[DONE]` is left out. */
  events(): StreamedEvent[];
  /** Resolves once what has arrived satisfies the condition; fails when the answer ends before that. */
  until(condition: (exchange: Exchange) => boolean): Promise<void>;
  /** `whole`: the answer came to its regular end. */
  ended: Promise<"whole" | "cut">;
  /** Closes the socket. */
  leave(): void;
};

export type Sending = {
  path?: string;
  method?: string;
  body?: unknown;
  headers?: Record<string, string | undefined>;
  /** Leave before there is an answer, as soon as this settles. */
  leaveOn?: Promise<unknown>;
};

/** Resolves with the head of the answer; what follows can be waited for. */
export function send(url: string, customer: Pick<TestCustomer, "secret">, sending: Sending): Promise<Exchange> {
  const { path = "/v1/responses", method = "POST", body } = sending;
  const bytes =
    body === undefined ? null : Buffer.isBuffer(body) ? body : Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
  return new Promise((resolve, reject) => {
    const req = httpRequest(`${url}/`, {
      method,
      path,
      agent: false,
      headers: {
        authorization: `Bearer ${customer.secret}`,
        ...(bytes ? { "content-type": "application/json", "content-length": String(bytes.length) } : {}),
        ...sending.headers,
      },
    });
    req.on("error", reject);
    void sending.leaveOn?.then(() => req.destroy(new Error("left")));
    req.on("response", (res) => {
      const chunks: Buffer[] = [];
      const watchers = new Set<() => void>();
      const look = () => {
        for (const watcher of watchers) watcher();
      };
      let isOver = false;
      const exchange: Exchange = {
        status: res.statusCode ?? 0,
        headers: res.headers,
        bytes: () => Buffer.concat(chunks),
        text: () => Buffer.concat(chunks).toString("utf8"),
        json: <T>() => JSON.parse(exchange.text()) as T,
        events: () => readEvents(exchange.bytes()),
        until: (condition) =>
          new Promise<void>((met, failed) => {
            const watcher = () => {
              if (condition(exchange)) met();
              else if (isOver) failed(new Error(`the answer ended before that:\n${exchange.text()}`));
              else return;
              watchers.delete(watcher);
            };
            watchers.add(watcher);
            watcher();
          }),
        ended: new Promise((end) => {
          res.on("close", () => {
            isOver = true;
            end(res.complete ? "whole" : "cut");
            look();
          });
        }),
        leave: () => req.destroy(),
      };
      res.on("error", () => {});
      res.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        look();
      });
      resolve(exchange);
    });
    req.end(bytes);
  });
}

/** The same, with the whole answer awaited. */
export async function sendWhole(url: string, customer: Pick<TestCustomer, "secret">, sending: Sending): Promise<Exchange> {
  const exchange = await send(url, customer, sending);
  await exchange.ended;
  return exchange;
}

export function readEvents(bytes: Buffer): StreamedEvent[] {
  const splitter = new SseSplitter();
  return [...splitter.push(bytes), ...splitter.end()].flatMap(({ data }) => {
    const text = data?.toString("utf8");
    return text === undefined || text === "[DONE]" ? [] : [JSON.parse(text) as StreamedEvent];
  });
}

/** The response object inside an event of the Responses wire. */
export function responseIn(event: StreamedEvent | undefined): Record<string, unknown> {
  return (event?.["response"] ?? {}) as Record<string, unknown>;
}

/** The usage object of a whole streamed answer on either wire; undefined when it has none. */
export function usageIn(exchange: Exchange): unknown {
  return exchange
    .events()
    .map((event) => event["usage"] ?? responseIn(event)["usage"])
    .findLast((usage) => typeof usage === "object" && usage !== null);
}

/** The answer's text as far as it has come, on either wire. */
export function textIn(exchange: Exchange): string {
  return exchange
    .events()
    .map((event) => {
      const [choice] = (event["choices"] ?? []) as { delta?: { content?: string } }[];
      return typeof event["delta"] === "string" ? event["delta"] : (choice?.delta?.content ?? "");
    })
    .join("");
}
