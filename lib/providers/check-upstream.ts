import type { Reader } from "@/db/client";
import { AppError } from "@/lib/errors/app-error";
import { checkUpstreamUrl } from "@/lib/http/guarded-agent";
import { requireDatabaseMode } from "@/lib/settings/database-mode";

const SECRET_LENGTH_MAX = 500;

/**
 * An upstream's address and key, as they may be stored. A simulated database takes no live key: what stands there answers
 * on this machine.
 */
export async function checkUpstream(
  reader: Reader,
  input: { baseUrl: string; secret: string; allow: readonly string[] },
): Promise<{ baseUrl: string; secret: string; simulated: boolean }> {
  const url = checkUpstreamUrl(input.baseUrl, input.allow);
  if (url.search !== "") throw new AppError("request_invalid", "The base URL must not have a query.", { param: "baseUrl" });
  const secret = input.secret.trim();
  if (!/^[\x21-\x7e]+$/.test(secret) || secret.length > SECRET_LENGTH_MAX) {
    throw new AppError("request_invalid", "The key is empty or holds blanks or control characters.", { param: "secret" });
  }
  const simulated = (await requireDatabaseMode(reader)) === "simulated";
  if (simulated && !isLoopback(url.hostname)) {
    throw new AppError(
      "conflict",
      "This installation is simulated for good: it takes no live upstream. Use another database for real traffic.",
    );
  }
  return { baseUrl: url.href.replace(/\/+$/, ""), secret, simulated };
}

function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}
