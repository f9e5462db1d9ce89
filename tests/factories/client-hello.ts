import { Duplex } from "node:stream";
import { connect } from "node:tls";

/** The first message of a TLS client that asks for this name, or for none. */
export function clientHello(servername?: string): Promise<Buffer> {
  return new Promise((resolve) => {
    const wire = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _encoding, done) => {
        resolve(chunk);
        done();
      },
    });
    connect({ socket: wire, servername }).on("error", () => undefined);
  });
}
