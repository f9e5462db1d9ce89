/** How a worker learns that it shall stop: a signal, or the end of the process that started it. */
export type StopReason = "SIGTERM" | "SIGINT" | "disconnect";

/**
 * Fulfils once. A worker of `npm start` has a channel to it, which closes when that process ends, even by `kill -9`:
 * so no worker is left over.
 */
export function untilStopped(): Promise<StopReason> {
  return new Promise((fulfil) => {
    process.once("SIGTERM", () => fulfil("SIGTERM"));
    process.once("SIGINT", () => fulfil("SIGINT"));
    if (!process.connected) return;
    process.once("disconnect", () => fulfil("disconnect"));
    // Listening alone shall not keep a worker alive that has nothing else to do.
    process.channel?.unref();
  });
}
