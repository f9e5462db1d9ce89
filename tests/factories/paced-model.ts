import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Server } from "node:net";

/**
 * A model and the proxy on the way to it in one, behind whatever sockets it is given: it answers every `POST …/responses` with two
 * words, and says the second one when it is told to.
 */
export type PacedModel = {
  /** Takes the connections of this listening socket. */
  serve(socket: Server): void;
  /** While held, answers stop after their first word. */
  hold(): void;
  release(): void;
  /** Requests that came so far, each with the proxy credentials that it brought. */
  requests: readonly { url: string; credentials: string | null }[];
  close(): Promise<void>;
};

export const MODEL_URL = "http://model.test/v1";

export function startPacedModel(): PacedModel {
  const requests: { url: string; credentials: string | null }[] = [];
  const sockets: Server[] = [];
  let gate = Promise.resolve();
  let open: () => void = () => undefined;
  const server = createServer((request, response) => {
    requests.push({ url: request.url ?? "", credentials: credentialsOf(request) });
    void answer(request, response, () => gate);
  });
  return {
    serve: (socket) => {
      sockets.push(socket);
      socket.on("connection", (connection) => server.emit("connection", connection));
    },
    hold: () => {
      gate = new Promise((resolve) => (open = resolve));
    },
    release: () => open(),
    requests,
    close: async () => {
      open();
      server.closeAllConnections();
      await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.close(resolve))));
    },
  };
}

function credentialsOf(request: IncomingMessage): string | null {
  const [scheme, value = ""] = request.headers["proxy-authorization"]?.split(" ") ?? [];
  return scheme === "Basic" ? Buffer.from(value, "base64").toString("utf8") : null;
}

async function answer(request: IncomingMessage, response: ServerResponse, gate: () => Promise<void>): Promise<void> {
  request.resume();
  await once(request, "end");
  if (!request.url?.endsWith("/responses")) return void response.writeHead(404).end();
  response.writeHead(200, { "content-type": "text/event-stream" });
  const send = (type: string, fields: object) => response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`);
  const message = (text: string) => ({
    type: "message",
    id: "msg_1",
    role: "assistant",
    content: text === "" ? [] : [{ type: "output_text", text }],
  });
  send("response.created", { response: { id: "resp_1" } });
  send("response.output_item.added", { output_index: 0, item: message("") });
  send("response.output_text.delta", { item_id: "msg_1", output_index: 0, content_index: 0, delta: "Hello " });
  await gate();
  send("response.output_text.delta", { item_id: "msg_1", output_index: 0, content_index: 0, delta: "world" });
  send("response.output_item.done", { output_index: 0, item: message("Hello world") });
  const usage = { input_tokens: 10, input_tokens_details: null, output_tokens: 2, output_tokens_details: null, total_tokens: 12 };
  send("response.completed", { response: { id: "resp_1", usage } });
  response.end();
}
