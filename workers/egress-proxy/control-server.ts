import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { doorRequest, type EgressStatus } from "@/workers/shared/egress-control";
import type { Doors } from "@/workers/egress-proxy/doors";

const BODY_BYTES_MAX = 4 * 1024;
const DOOR_PATH = /^\/doors\/(acct_[0-9a-z]{1,64})$/;

/** Who can reach it is decided by the folder of its socket. */
export function createControlServer(doors: Doors, status: () => EgressStatus): Server {
  return createServer((request, response) => {
    void answer(request, doors, status).then(
      ({ code, body }) => reply(response, code, body),
      (error: unknown) => reply(response, 400, { error: error instanceof Error ? error.message : "bad request" }),
    );
  });
}

async function answer(request: IncomingMessage, doors: Doors, status: () => EgressStatus): Promise<{ code: number; body: object }> {
  const { method, url = "" } = request;
  if (method === "GET" && url === "/") return { code: 200, body: status() };
  if (method === "GET" && url === "/doors") return { code: 200, body: { doors: doors.list() } };
  const accountId = DOOR_PATH.exec(url)?.[1];
  if (accountId === undefined) return { code: 404, body: {} };
  if (method === "DELETE") {
    await doors.shut(accountId);
    return { code: 200, body: {} };
  }
  if (method !== "PUT") return { code: 405, body: {} };
  const opened = await doors.open({ accountId, ...doorRequest.parse(JSON.parse(await readText(request))) });
  switch (opened.kind) {
    case "open":
      return { code: 200, body: {} };
    case "fenced":
      return { code: 409, body: { error: "A newer lease has this door." } };
    case "failed":
      return { code: 422, body: { error: opened.message } };
  }
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) throw new Error("the body is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function reply(response: ServerResponse, code: number, body: object): void {
  response.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify(body));
}
