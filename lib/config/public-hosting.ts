import { type Config, isLoopbackHost } from "@/lib/config/load-config";

/**
 * By which settings this product is offered to more than this machine, as a sentence names them; null: by none of them. HOST alone does
 * not tell: a reverse proxy publishes a loopback address, and a runner may stand on a machine of its own.
 */
export function publicHosting({ host, publicUrl, runnerHost }: Pick<Config, "host" | "publicUrl" | "runnerHost">): string | null {
  const found = [
    isLoopbackHost(host) ? null : `HOST is ${host}`,
    isLoopbackHost(new URL(publicUrl).hostname.replace(/^\[|\]$/g, "")) ? null : `PUBLIC_URL is ${publicUrl}`,
    isLoopbackHost(runnerHost) ? null : `RUNNER_HOST is ${runnerHost}`,
  ].filter((sentence) => sentence !== null);
  return found.length === 0 ? null : found.join(", ");
}
