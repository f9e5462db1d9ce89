import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import type { Duplex } from "node:stream";

/** The one way out of a Codex under test: a CONNECT proxy that leads the named hosts to a port on loopback and refuses every other. */
export type ConnectProxy = { url: string; refused: string[]; close: () => Promise<void> };

export async function startConnectProxy(portOf: Readonly<Record<string, number>>): Promise<ConnectProxy> {
  const refused: string[] = [];
  const sockets = new Set<Duplex>();
  const server = createServer((_request, response) => response.writeHead(405).end());
  server.on("connect", (request, client: Duplex, head: Buffer) => {
    const [name = "", port] = (request.url ?? "").split(":");
    const target = portOf[name];
    if (target === undefined || port !== "443") {
      refused.push(request.url ?? "");
      client.end("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
      return;
    }
    const upstream = connect(target, "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      upstream.write(head);
      client.pipe(upstream).pipe(client);
    });
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one);
      one.on("error", () => other.destroy()).on("close", () => (sockets.delete(one), other.destroy()));
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    refused,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
