import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DecodedBudget } from "@/lib/http/decoded-budget";
import { endOfTurn, openTurn } from "@/tests/factories/serve-turns";
import { startScriptedAppServer } from "@/tests/factories/scripted-app-server";
import { type FetchImage, imageFetcher } from "@/workers/codex-runner/engine/fetch-image";

const MIB = 1024 * 1024;
const HEAD = Buffer.from("89504e470d0a1a0a", "hex");

/** `/4/a` is an image of 4 MiB. */
const asked: string[] = [];
const server = createServer((request, response) => {
  const url = request.url ?? "";
  asked.push(url);
  response.write(HEAD);
  response.end(Buffer.alloc(Number(url.split("/")[1]) * MIB - HEAD.length));
});
let base: string;
let images: ReturnType<typeof imageFetcher>;
let scripted: Awaited<ReturnType<typeof startScriptedAppServer>>;

beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  base = `https://${host}`;
  images = imageFetcher({ allow: [host] });
  scripted = await startScriptedAppServer();
});
afterAll(async () => {
  await images.close();
  await scripted.close();
  server.closeAllConnections();
  server.close();
});

/** Requests say https; the server of this test does not. */
const fetchImage: FetchImage = (url, options) => images.fetchImage(url.replace("https:", "http:"), options);

const withImages = (...paths: string[]) => ({
  model: "gpt-5.5",
  messages: [{ role: "user", content: paths.map((path) => ({ type: "image_url", image_url: { url: base + path } })) }],
});

async function turn(paths: string[], budget: DecodedBudget) {
  const app = await scripted.open();
  try {
    return (await endOfTurn(openTurn(app, "chat", withImages(...paths), { images: { fetchImage, budget } }))).steps;
  } finally {
    app.close();
  }
}

test("images that are together too large are refused before the rest is asked for, and nothing of them stays held", async () => {
  const budget = new DecodedBudget(128 * MIB);
  const paths = ["/16/a", "/15/b", "/4/c", "/1/d"];
  expect(await turn(paths, budget)).toEqual([
    expect.objectContaining({ kind: "refused", code: "request_invalid", message: expect.stringContaining("together above 33554432") }),
  ]);
  expect(asked).toContain("/4/c");
  expect(asked).not.toContain("/1/d");
  expect(budget.bytesUsed).toBe(0);
});

test("one image in many places counts as often as it is written out", async () => {
  const budget = new DecodedBudget(128 * MIB);
  const steps = await turn(
    Array.from({ length: 33 }, () => "/1/same"),
    budget,
  );
  expect(steps).toEqual([expect.objectContaining({ kind: "refused", code: "request_invalid" })]);
});

test("beyond what one owner or the whole process may hold, the lane is busy", async () => {
  expect(await turn(["/2/own"], new DecodedBudget(4 * MIB))).toEqual([
    expect.objectContaining({ kind: "declined", class: "busy", reason: "images_held" }),
  ]);
  const full = new DecodedBudget(16 * MIB);
  full.acquire(15 * MIB);
  expect(await turn(["/2/others"], full)).toEqual([expect.objectContaining({ kind: "declined", class: "busy", reason: "images_held" })]);
  expect(full.bytesUsed).toBe(15 * MIB);
});

test("the images of a turn are held while it runs, and free when its reader leaves", async () => {
  const budget = new DecodedBudget(128 * MIB);
  const app = await scripted.open();
  const leave = new AbortController();
  const options = { images: { fetchImage, budget }, signal: leave.signal };
  const end = endOfTurn(openTurn(app, "chat", withImages("/3/held"), options));
  await scripted.until((message) => message.method === "turn/start");
  expect(budget.bytesUsed).toBe(3 * MIB);
  leave.abort();
  await end;
  expect(budget.bytesUsed).toBe(0);
  app.close();
});
