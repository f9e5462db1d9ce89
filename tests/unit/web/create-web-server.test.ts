import { request } from "node:http";
import pino from "pino";
import { expect, onTestFinished, test } from "vitest";
import { loadProcessConfig } from "@/lib/config/load-config";
import { freePort } from "@/workers/shared/free-port";
import { createWebServer } from "@/workers/web/create-web-server";
import type { Screens } from "@/workers/web/prepare-next";

const MIB = 1024 * 1024;

const aScreen: Screens["handle"] = async (_request, response) => void response.end("a screen");

/** Its address. */
async function serve(publicUrl: string, handle = aScreen): Promise<string> {
  const port = await freePort(0);
  const server = createWebServer({
    config: loadProcessConfig({
      PORT: String(port),
      PUBLIC_URL: publicUrl,
      DATABASE_URL: "postgres://127.0.0.1:9/none",
      NEXTAUTH_SECRET: "x".repeat(32),
      SWITCHYARD_MASTER_KEY: "x".repeat(32),
    }),
    log: pino({ level: "silent" }),
    screens: { handle, close: async () => {} },
    gateway: () => Promise.reject(new Error("none here")),
  });
  await server.listen();
  onTestFinished(() => server.close(0));
  return `http://127.0.0.1:${port}`;
}

async function answerOf(publicUrl: string): Promise<Response> {
  return fetch(await serve(publicUrl));
}

/** A screen that reads every body whole, as Next's route handlers do, and how much of each it was given. */
function readingScreen() {
  const read = { bytes: 0, ended: 0 };
  const handle: Screens["handle"] = async (req, res) => {
    read.bytes = 0;
    for await (const chunk of req) read.bytes += (chunk as Buffer).length;
    read.ended += 1;
    res.end("read");
  };
  return { read, handle };
}

/** The status that a client gets which sends `bytes`, chunked or with their length; null: it was cut off. */
function send(url: string, bytes: number, chunked: boolean): Promise<number | null> {
  return new Promise((resolve) => {
    const client = request(url, { method: "POST", headers: chunked ? {} : { "content-length": bytes } }, (res) => {
      res.resume().on("end", () => resolve(res.statusCode ?? null));
    });
    client.on("error", () => resolve(null));
    for (let left = bytes; left > 0; left -= MIB) client.write(Buffer.alloc(Math.min(left, MIB)));
    client.end();
  });
}

test("a browser that came by https is told to stay with it; one that came by http is not", async () => {
  expect((await answerOf("https://switchyard.example")).headers.get("strict-transport-security")).toBe("max-age=31536000");
  expect((await answerOf("http://127.0.0.1:3000")).headers.get("strict-transport-security")).toBeNull();
});

test("a body for a screen that says that it is too long is refused before any of it is handed on", async () => {
  const { read, handle } = readingScreen();
  const url = await serve("http://127.0.0.1:3000", handle);
  expect(await send(`${url}/calculator`, MIB, false)).toBe(200);
  expect(await send(`${url}/api/auth/callback/credentials`, 64 * 1024, false)).toBe(200);
  expect(read.ended).toBe(2);
  expect(await send(`${url}/calculator`, MIB + 1, false)).toBe(413);
  expect(await send(`${url}/api/auth/callback/credentials`, 64 * 1024 + 1, false)).toBe(413);
  expect(await send(`${url}/api/v1/keys/short-lived`, 8 * MIB, false)).toBe(413);
  expect(read).toEqual({ bytes: 64 * 1024, ended: 2 });
});

test("one that does not say so is cut off at the same length", async () => {
  const { read, handle } = readingScreen();
  const url = await serve("http://127.0.0.1:3000", handle);
  expect(await send(`${url}/calculator`, MIB, true)).toBe(200);
  expect(await send(`${url}/calculator`, 64 * MIB, true)).toBeNull();
  expect(read.bytes).toBeLessThanOrEqual(MIB);
  expect(await send(`${url}/api/auth/callback/credentials`, 64 * MIB, true)).toBeNull();
  expect(read.bytes).toBeLessThanOrEqual(64 * 1024);
  expect(read.ended).toBe(1);
});
