import type { Duplex } from "node:stream";
import { readServerName } from "@/workers/egress-proxy/read-server-name";

/** `hello`: everything said so far, to be passed on. `gone`: closed, or not a word in all the time. */
export type Heard = { kind: "hello"; name: string | null; bytes: Buffer } | { kind: "not_tls" } | { kind: "gone" };

/** Listens until the client has said whom it wants over TLS. The client is paused then, and nothing of it is lost. */
export function hearHello(client: Duplex, { head, timeoutMs }: { head: Buffer; timeoutMs: number }): Promise<Heard> {
  return new Promise((resolve) => {
    let bytes: Buffer = head;
    const settle = (heard: Heard) => {
      clearTimeout(timer);
      client.off("data", hear).off("end", stop).off("close", leave);
      client.pause();
      resolve(heard);
    };
    const look = () => {
      const read = readServerName(bytes);
      if (read.kind === "name") settle({ kind: "hello", name: read.name, bytes });
      else if (read.kind === "not_tls") settle(read);
    };
    const hear = (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      look();
    };
    const stop = () => settle({ kind: bytes.length > 0 ? "not_tls" : "gone" });
    const leave = () => settle({ kind: "gone" });
    const timer = setTimeout(stop, timeoutMs);
    timer.unref();
    client.on("data", hear).once("end", stop).once("close", leave);
    if (client.destroyed) leave();
    else look();
  });
}
