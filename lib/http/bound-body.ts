import type { IncomingMessage } from "node:http";

export type BodyBounds = {
  idleMs: number;
  /** Null: none, since whoever reads the body bounds it. */
  totalMs: number | null;
  /** On the wire. Null: as above. */
  bytesMax: number | null;
};

/**
 * Ends the connection of a client that keeps its body back: one that is silent for `idleMs` while its body is not whole, one that is
 * not done after `totalMs`, and one that sends more than `bytesMax` without having said so before. A request without a body is never
 * touched.
 */
export function boundBody(req: IncomingMessage, bounds: BodyBounds): void {
  const hasBody = req.headers["transfer-encoding"] !== undefined || Number(req.headers["content-length"] ?? 0) > 0;
  if (!hasBody) return;
  const { socket } = req;
  const cut = () => {
    if (!req.complete) socket.destroy();
  };
  const total = bounds.totalMs === null ? null : setTimeout(cut, bounds.totalMs);
  socket.setTimeout(bounds.idleMs, cut);
  if (bounds.bytesMax !== null) boundBytes(req, bounds.bytesMax);
  const release = () => {
    if (total) clearTimeout(total);
    socket.setTimeout(0);
    socket.off("timeout", cut);
  };
  req.once("end", release);
  req.once("close", release);
}

/** True: the body says of itself that it is longer, and need not be read to be refused. */
export function announcesMoreThan(req: IncomingMessage, bytesMax: number): boolean {
  return Number(req.headers["content-length"] ?? 0) > bytesMax;
}

/** Counts what Node's parser hands in, whoever reads it later and however: a listener for data would take it from them. */
function boundBytes(req: IncomingMessage, bytesMax: number): void {
  const push = req.push.bind(req);
  let bytes = 0;
  req.push = (chunk: Uint8Array | null, encoding) => {
    bytes += chunk?.byteLength ?? 0;
    if (bytes <= bytesMax) return push(chunk, encoding);
    req.socket.destroy();
    return false;
  };
}
