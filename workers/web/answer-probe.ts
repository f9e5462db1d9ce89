import type { ServerResponse } from "node:http";
import type { GatewayRuntime } from "@/lib/runtime/gateway-runtime";
import { runtime } from "@/lib/runtime/runtime";
import { countMissingMigrations } from "@/db/missing-migrations";

const DATABASE_WAIT_MS = 3_000;

export function isProbe(url: string): boolean {
  return url === "/healthz" || url === "/readyz";
}

/** `/healthz`: this process lives. `/readyz`: it can serve: database, migrations, gateway; 503 names what is missing. */
export async function answerProbe(
  url: string,
  res: ServerResponse,
  state: { closing: boolean; gateway: () => Promise<GatewayRuntime> },
): Promise<void> {
  if (url === "/healthz") return send(res, 200, { status: "ok" });
  const checks = {
    accepting: !state.closing,
    ...(await within(DATABASE_WAIT_MS, databaseChecks(), { database: false, migrations: false })),
    gateway: await within(
      DATABASE_WAIT_MS,
      state.gateway().then(() => true),
      false,
    ),
  };
  const ready = Object.values(checks).every(Boolean);
  send(res, ready ? 200 : 503, { status: ready ? "ready" : "not_ready", checks });
}

async function databaseChecks(): Promise<{ database: boolean; migrations: boolean }> {
  return { database: true, migrations: (await countMissingMigrations(runtime().db.sql)) === 0 };
}

/** A check that fails or takes too long has failed. */
function within<T>(ms: number, check: Promise<T>, failed: T): Promise<T> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(failed), ms);
    check.then(resolve, () => resolve(failed)).finally(() => clearTimeout(timer));
  });
}

function send(res: ServerResponse, status: number, body: object): void {
  res.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  res.end(JSON.stringify(body));
}
