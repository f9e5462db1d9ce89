import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { boundBody } from "@/lib/http/bound-body";

let server: Server;
afterEach(() => void server.close());

/** A server that answers when the body is whole, and what a client that sends `pieces` and then waits gets to see. */
async function talk(bounds: Parameters<typeof boundBody>[1], body: { length: number; pieces: string[] }): Promise<string> {
  server = createServer((req, res) => {
    boundBody(req, bounds);
    req.on("error", () => {});
    req.resume().on("end", () => res.end("thanks"));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve) => {
    const client = request({ port, host: "127.0.0.1", method: "POST", headers: { "content-length": body.length } }, (res) => {
      res.resume().on("end", () => resolve("answered"));
    });
    client.on("error", () => resolve("cut off"));
    for (const piece of body.pieces) client.write(piece);
  });
}

test("a client that keeps its body back is cut off", async () => {
  expect(await talk({ idleMs: 50, totalMs: null, bytesMax: null }, { length: 100, pieces: ["a few bytes"] })).toBe("cut off");
});

test("so is one whose body is not whole in time", async () => {
  expect(await talk({ idleMs: 60_000, totalMs: 50, bytesMax: null }, { length: 100, pieces: ["a few bytes"] })).toBe("cut off");
});

test("a whole body is answered, whatever the bounds", async () => {
  expect(await talk({ idleMs: 50, totalMs: 50, bytesMax: 5 }, { length: 5, pieces: ["whole"] })).toBe("answered");
});
