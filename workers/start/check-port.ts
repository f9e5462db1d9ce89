import { createServer } from "node:net";
import { OperatorError } from "@/workers/shared/operator-error";

/** Listens for a moment, so that a port that is taken is told in words before anything else is started. */
export async function checkPort(host: string, port: number): Promise<void> {
  await new Promise<void>((fulfil, reject) => {
    const probe = createServer();
    probe.once("error", (cause: NodeJS.ErrnoException) => reject(new OperatorError(explain(cause.code, host, port), { cause })));
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => fulfil()));
  });
}

function explain(code: string | undefined, host: string, port: number): string {
  switch (code) {
    case "EADDRINUSE":
      return `Port ${port} on ${host} is in use by another program. Stop that one, or choose another port: PORT=${port + 1} npm start`;
    case "EACCES":
      return `This user may not listen on port ${port}. Choose a port above 1023: PORT=3000 npm start`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return `HOST is ${host}, which is no address of this machine. Use 127.0.0.1, or 0.0.0.0 for all addresses.`;
    default:
      return `Listening on ${host}:${port} failed (${code ?? "unknown error"}).`;
  }
}
