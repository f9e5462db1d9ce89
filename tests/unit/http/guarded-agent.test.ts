import { createServer } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkUpstreamUrl, guardedAgent } from "@/lib/http/guarded-agent";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

let server: Server;
let port: number;
let hits = 0;

beforeAll(async () => {
  server = createServer((req, res) => {
    hits++;
    if (req.url === "/away") res.writeHead(302, { location: `http://127.0.0.1:${port}/inside` }).end();
    else res.end("inside");
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  port = (server.address() as AddressInfo).port;
});

afterAll(() => new Promise((resolve) => server.close(resolve)));

async function get(allow: readonly string[], host: string, path = "/"): Promise<{ status: number; text: string }> {
  const agent = guardedAgent({ allow });
  try {
    const answer = await agent.request({ origin: `http://${host}:${port}`, path, method: "GET" });
    return { status: answer.statusCode, text: await answer.body.text() };
  } finally {
    await agent.destroy();
  }
}

test.each(["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"])("%s is refused before a byte is sent", async (host) => {
  const before = hits;
  await expect(get([], host)).rejects.toMatchObject({ code: "request_invalid" });
  expect(hits).toBe(before);
});

test("an entry of the allow-list opens that host and port, and no other", async () => {
  expect(await get([`127.0.0.1:${port}`], "127.0.0.1")).toEqual({ status: 200, text: "inside" });
  expect(await get([`localhost:${port}`], "localhost")).toEqual({ status: 200, text: "inside" });
  await expect(get([`localhost:${port}`], "127.0.0.1")).rejects.toMatchObject({ code: "request_invalid" });
  await expect(get(["127.0.0.1:1"], "127.0.0.1")).rejects.toMatchObject({ code: "request_invalid" });
});

test("a redirect is an answer, not a way in", async () => {
  const before = hits;
  expect((await get([`127.0.0.1:${port}`], "127.0.0.1", "/away")).status).toBe(302);
  expect(hits).toBe(before + 1);
});

test.each([
  "http://api.example.com/v1",
  "https://user:pw@api.example.com/v1",
  "https://user@api.example.com/v1",
  "https://api.example.com/v1#x",
  "https://127.0.0.1/v1",
  "https://0x7f.1/v1",
  "https://2130706433/v1",
  "https://[::1]/v1",
  "https://169.254.169.254/latest",
  "ftp://api.example.com",
  "file:///etc/passwd",
  "api.example.com",
  "",
])("the upstream URL %j is refused", (text) => {
  expect(() => checkUpstreamUrl(text, [])).toThrow(expect.objectContaining({ code: "request_invalid" }) as Error);
});

test("an https URL is taken, and a private one when the operator listed it", () => {
  expect(checkUpstreamUrl(" https://api.openai.com/v1 ", []).href).toBe("https://api.openai.com/v1");
  expect(checkUpstreamUrl("http://127.0.0.1:8080/v1", ["127.0.0.1:8080"]).port).toBe("8080");
  expect(checkUpstreamUrl("http://[::1]:8080/v1", ["[::1]:8080"]).port).toBe("8080");
  expect(() => checkUpstreamUrl("http://127.0.0.1:8081/v1", ["127.0.0.1:8080"])).toThrow("https://");
});
