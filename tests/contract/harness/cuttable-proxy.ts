import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** Stands between a client and a port of this machine, passes every byte, and can let the connection down. */
export type CuttableProxy = {
  port: number;
  /** Connections that clients have made so far. */
  connections(): number;
  /** Everything that went back to clients so far. */
  sentBack(): string;
  /** Resets every connection that is open; later ones are served again. */
  cut(): void;
  close(): Promise<void>;
};

export async function startCuttableProxy(targetPort: number): Promise<CuttableProxy> {
  const open = new Set<Socket>();
  const back: Buffer[] = [];
  let count = 0;
  const server = createServer((client) => {
    count += 1;
    const target = connect(targetPort, "127.0.0.1");
    for (const socket of [client, target]) {
      open.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => {
        open.delete(socket);
        (socket === client ? target : client).destroy();
      });
    }
    client.pipe(target);
    target.on("data", (chunk: Buffer) => back.push(chunk));
    target.pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const cut = () => {
    for (const socket of open) socket.resetAndDestroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => count,
    sentBack: () => Buffer.concat(back).toString("utf8"),
    cut,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      cut();
      await closed;
    },
  };
}
