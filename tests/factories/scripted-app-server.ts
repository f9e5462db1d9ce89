import { once } from "node:events";
import { createServer, connect, type AddressInfo } from "node:net";
import { createServer as createHttpServer } from "node:http";
import { type WebSocket, WebSocketServer } from "ws";
import { type AppServer, type AppServerOptions, openAppServer } from "@/workers/codex-runner/app-server/app-server";

type Message = { id?: number; method?: string; params?: unknown; result?: unknown; error?: unknown };

/** The other side of an app-server's socket, in a test's own words, for what no real Codex can be made to say. */
export type ScriptedAppServer = {
  open(options?: AppServerOptions): Promise<AppServer>;
  /** Null: it does not answer. Default: an empty result. */
  answers: Record<string, unknown>;
  /** What came, in order. */
  received: Message[];
  tell(message: object): void;
  tellRaw(text: string): void;
  drop(): void;
  /** Resolves when a message that matches has come. */
  until(matches: (message: Message) => boolean): Promise<Message>;
  close(): Promise<void>;
};

export async function startScriptedAppServer(): Promise<ScriptedAppServer> {
  const http = createHttpServer();
  const sockets = new WebSocketServer({ server: http });
  const net = createServer((socket) => http.emit("connection", socket));
  net.listen(0, "127.0.0.1");
  await once(net, "listening");
  const received: Message[] = [];
  const watchers = new Set<() => void>();
  const answers: Record<string, unknown> = {
    "thread/start": { thread: { id: "thread" } },
    "turn/start": { turn: { id: "turn" } },
  };
  let current: WebSocket | null = null;
  sockets.on("connection", (socket) => {
    current = socket;
    socket.on("message", (data: Buffer) => {
      const message = JSON.parse(data.toString("utf8")) as Message;
      received.push(message);
      if (message.id !== undefined && message.method !== undefined) {
        const answer = message.method in answers ? answers[message.method] : {};
        if (answer !== null) socket.send(JSON.stringify({ id: message.id, result: answer }));
      }
      for (const look of watchers) look();
    });
  });
  return {
    open: (options) => openAppServer(connect((net.address() as AddressInfo).port, "127.0.0.1"), options),
    answers,
    received,
    tell: (message) => current?.send(JSON.stringify(message)),
    tellRaw: (text) => current?.send(text),
    drop: () => current?.terminate(),
    until: (matches) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = received.find(matches);
          if (found === undefined) return;
          watchers.delete(look);
          resolve(found);
        };
        watchers.add(look);
        look();
      }),
    close: async () => {
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
      net.close();
      await once(net, "close");
    },
  };
}
