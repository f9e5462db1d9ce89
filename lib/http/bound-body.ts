import type { IncomingMessage } from "node:http";

/**
 * Ends the connection of a client that keeps its body back: one that is silent for `idleMs` while its body is not whole, and,
 * where bodies are small, one that is not done after `totalMs`. A request without a body is never touched.
 */
export function boundBody(req: IncomingMessage, bounds: { idleMs: number; totalMs: number | null }): void {
  const hasBody = req.headers["transfer-encoding"] !== undefined || Number(req.headers["content-length"] ?? 0) > 0;
  if (!hasBody) return;
  const { socket } = req;
  const cut = () => {
    if (!req.complete) socket.destroy();
  };
  const total = bounds.totalMs === null ? null : setTimeout(cut, bounds.totalMs);
  socket.setTimeout(bounds.idleMs, cut);
  const release = () => {
    if (total) clearTimeout(total);
    socket.setTimeout(0);
    socket.off("timeout", cut);
  };
  req.once("end", release);
  req.once("close", release);
}
