import { connect, createServer, type AddressInfo, type Socket } from "node:net";

export type DatabaseProxy = {
  /** The same database, through the proxy. */
  front(url: string): Promise<string>;
  /** Breaks every connection and takes no new one, until `up`. */
  down(): void;
  up(): void;
  /**
   * The next `count` times that a client sends something with this text in it, the server does the work and commits, and its
   * answer is lost with the connection; `after` the last of them the proxy may go down.
   */
  loseAnswers(text: string, count: number, after?: "down"): void;
  /** How many are still to be lost. */
  readonly toLose: number;
  close(): void;
};

/** The last message of every answer: ready for the next query, outside of a transaction. */
const READY = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);

/** Stands between the gateway and Postgres and breaks what a network can break. */
export function databaseProxy(): DatabaseProxy {
  const sockets = new Set<Socket>();
  let target = { host: "", port: 0 };
  let isDown = false;
  let losing: { text: string; count: number; after?: "down" } = { text: "", count: 0 };

  const server = createServer((client) => {
    // A reset, as a server that is gone answers; a regular close would look like one that is busy.
    if (isDown) return void client.resetAndDestroy();
    const upstream = connect(target);
    let isLosing = false;
    const end = () => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", end);
      socket.on("close", () => {
        sockets.delete(socket);
        end();
      });
    }
    client.on("data", (chunk: Buffer) => {
      if (losing.count > 0 && chunk.includes(losing.text)) {
        losing.count -= 1;
        isLosing = true;
      }
      upstream.write(chunk);
    });
    upstream.on("data", (chunk: Buffer) => {
      if (!isLosing) client.write(chunk);
      else if (chunk.subarray(-READY.length).equals(READY)) {
        if (losing.count === 0 && losing.after === "down") down();
        end();
      }
    });
  });

  function down(): void {
    isDown = true;
    for (const socket of sockets) socket.destroy();
  }

  return {
    front: async (url) => {
      const front = new URL(url);
      target = { host: front.hostname, port: Number(front.port) };
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      front.port = String((server.address() as AddressInfo).port);
      return front.href;
    },
    down,
    up: () => {
      isDown = false;
    },
    loseAnswers: (text, count, after) => {
      losing = { text, count, after };
    },
    get toLose() {
      return losing.count;
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
