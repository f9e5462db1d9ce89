import pino from "pino";
import { expect, onTestFinished, test } from "vitest";
import { loadProcessConfig } from "@/lib/config/load-config";
import { freePort } from "@/workers/shared/free-port";
import { createWebServer } from "@/workers/web/create-web-server";

async function answerOf(publicUrl: string): Promise<Response> {
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
    screens: { handle: async (_request, response) => void response.end("a screen"), close: async () => {} },
    gateway: () => Promise.reject(new Error("none here")),
  });
  await server.listen();
  onTestFinished(() => server.close(0));
  return fetch(`http://127.0.0.1:${port}/`);
}

test("a browser that came by https is told to stay with it; one that came by http is not", async () => {
  expect((await answerOf("https://switchyard.example")).headers.get("strict-transport-security")).toBe("max-age=31536000");
  expect((await answerOf("http://127.0.0.1:3000")).headers.get("strict-transport-security")).toBeNull();
});
