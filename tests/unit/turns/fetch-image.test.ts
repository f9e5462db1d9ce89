import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { imageFetcher } from "@/workers/codex-runner/engine/fetch-image";

const PNG = Buffer.from("89504e470d0a1a0a0000000d49484452", "hex");
const OPTIONS = { signal: new AbortController().signal, take: () => undefined };

const server = createServer((request, response) => {
  switch (request.url) {
    case "/image":
      return void response.end(PNG);
    case "/text":
      return void response.end("hello");
    case "/moved":
      return void response.writeHead(302, { location: "/image" }).end();
    case "/large":
      return void response.writeHead(200, { "content-length": 21 * 1024 * 1024 }).write(PNG);
    default:
      return void response.writeHead(404).end();
  }
});
let base: string;
let images: ReturnType<typeof imageFetcher>;

beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  base = `http://${host}`;
  images = imageFetcher({ allow: [host] });
});

afterAll(async () => {
  await images.close();
  server.closeAllConnections();
  server.close();
});

describe("an image by URL", () => {
  test("becomes a data URL of the type that its bytes have", async () => {
    await expect(images.fetchImage(`${base}/image`, OPTIONS)).resolves.toBe(`data:image/png;base64,${PNG.toString("base64")}`);
  });

  test.each([
    ["is no image", "/text", "not a PNG"],
    ["is not there", "/none", "404"],
    ["leads elsewhere", "/moved", "302"],
    ["is too large", "/large", "above"],
  ])("that %s is refused", async (_name, path, words) => {
    await expect(images.fetchImage(base + path, OPTIONS)).rejects.toMatchObject({
      code: "request_invalid",
      message: expect.stringContaining(words),
    });
  });

  test.each([
    "https://127.0.0.1/x.png",
    "https://169.254.169.254/latest",
    "https://[::1]/x",
    "http://example.com/x.png",
    "https://user:word@example.com/x",
  ])("at %s is never asked for", async (url) => {
    await expect(images.fetchImage(url, OPTIONS)).rejects.toMatchObject({ code: "request_invalid" });
  });
});
