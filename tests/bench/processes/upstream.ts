import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { answerEvents, STREAM_MARK, wholeAnswer } from "@/tests/bench/canned";

/*
 * The upstream of every contestant: canned bytes, as little work as possible. Every event of a stream is a write of its own
 * in a turn of its own of the event loop, because that is how a model's tokens arrive.
 */

const whole = wholeAnswer();
const events = answerEvents();

const server = createServer({ keepAliveTimeout: 120_000, requestTimeout: 0 }, (req, res) => {
  const chunks: Buffer[] = [];
  req.on("data", (chunk: Buffer) => chunks.push(chunk));
  req.on("end", () => {
    if (!Buffer.concat(chunks).includes(STREAM_MARK)) {
      res.writeHead(200, { "content-type": "application/json", "content-length": whole.byteLength, "x-request-id": "req_upstream" });
      res.end(whole);
      return;
    }
    res.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache", "x-request-id": "req_upstream" });
    let index = 0;
    const next = () => {
      if (res.destroyed) return;
      res.write(events[index++]);
      if (index < events.length) setImmediate(next);
      else res.end();
    };
    next();
  });
});

server.listen(0, "127.0.0.1", () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.once("SIGTERM", () => process.exit(0));
process.once("disconnect", () => process.exit(0));
