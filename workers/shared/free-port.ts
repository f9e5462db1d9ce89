import { createServer } from "node:net";

/** A port of 127.0.0.1 that nobody listens on: the preferred one when it is free, else one that the system picks. */
export async function freePort(preferred: number): Promise<number> {
  return new Promise((fulfil, reject) => {
    const probe = createServer();
    probe.once("error", (error) => (preferred === 0 ? reject(error) : fulfil(freePort(0))));
    probe.listen({ host: "127.0.0.1", port: preferred }, () => {
      const address = probe.address();
      const port = typeof address === "object" && address ? address.port : 0;
      probe.close(() => fulfil(port));
    });
  });
}
