import { createTransport } from "nodemailer";
import { request, type Dispatcher } from "undici";
import { and, eq, isNull } from "drizzle-orm";
import { providers } from "@/db/schema/providers";
import { countFleet } from "@/lib/codex/count-fleet";
import { authHeader, targetUrl } from "@/lib/providers/provider-target";
import { readProviderTarget } from "@/lib/providers/read-provider-target";
import type { Runtime } from "@/lib/runtime/runtime";
import { areCodexLanesOn } from "@/lib/settings/codex-switch";
import type { StatusComponent } from "@/lib/status/status-components";

/** skipped: there is nothing to probe. unknown: it cannot be told. Why something failed is for the log; everyone is told that it did. */
export type ProbeOutcome = { kind: "passed" | "skipped" | "unknown" } | { kind: "failed"; detail: string };
export type StatusProbe = { component: StatusComponent; everyRounds: number; run: () => Promise<ProbeOutcome> };

const ANSWER_MS_MAX = 10_000;
const DATABASE_MS_MAX = 3_000;
/** Only the status is of interest: a longer body is let go with its connection. */
const BODY_BYTES_MAX = 64 * 1024;
const PASSED: ProbeOutcome = { kind: "passed" };
const SKIPPED: ProbeOutcome = { kind: "skipped" };

/** The database first: what is looked up there cannot be told while it is away. */
export function statusProbes(rt: Pick<Runtime, "config" | "db" | "sealer">, dispatcher: Dispatcher): StatusProbe[] {
  return [
    { component: "database", everyRounds: 1, run: () => probeDatabase(rt) },
    { component: "gateway", everyRounds: 1, run: () => probeGateway(rt) },
    { component: "codex", everyRounds: 1, run: () => probeCodex(rt) },
    { component: "provider", everyRounds: 1, run: () => probeSelectedProvider(rt, dispatcher) },
    // Each signs in to the mail server.
    { component: "mail", everyRounds: 5, run: () => probeMail(rt) },
  ];
}

async function probeDatabase({ db }: Pick<Runtime, "db">): Promise<ProbeOutcome> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<ProbeOutcome>((resolve) => {
    timer = setTimeout(() => resolve({ kind: "failed", detail: `no answer within ${DATABASE_MS_MAX} ms` }), DATABASE_MS_MAX);
  });
  try {
    return await Promise.race([db.sql`select 1`.then(() => PASSED, failed), late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * By the way that customers come, so that a proxy in front of `web` is part of it. Where the path is not there, nothing can be told:
 * the screens alone, as `npm run dev` serves them, do not have it, and a proxy may keep it to itself.
 */
async function probeGateway({ config }: Pick<Runtime, "config">): Promise<ProbeOutcome> {
  return judgeAnswer(`${config.publicUrl}/readyz`, {}, (status) => (status === 200 ? "passed" : status === 404 ? "unknown" : "failed"));
}

async function probeCodex({ db }: Pick<Runtime, "db">): Promise<ProbeOutcome> {
  if (!(await areCodexLanesOn(db.sql))) return SKIPPED;
  const { lanes, runners } = await countFleet(db.sql);
  if (lanes === 0) return SKIPPED;
  return runners > 0 ? PASSED : { kind: "failed", detail: `${lanes} Codex lanes are signed in, and no codex-runner is alive` };
}

/** The list of models costs nothing. A path that the provider does not have, or a rate limit, is still an answer of its own. */
async function probeSelectedProvider({ db, sealer }: Pick<Runtime, "db" | "sealer">, dispatcher: Dispatcher): Promise<ProbeOutcome> {
  const [provider] = await db.orm
    .select()
    .from(providers)
    .where(and(eq(providers.selected, true), isNull(providers.removedAt)));
  if (!provider) return SKIPPED;
  if (provider.trippedAt) return { kind: "failed", detail: "the selected provider is out of service" };
  const target = readProviderTarget(provider, sealer);
  return judgeAnswer(targetUrl(target, "/models"), { headers: authHeader(target), dispatcher }, (status) =>
    status < 500 && status !== 401 && status !== 403 ? "passed" : "failed",
  );
}

async function probeMail({ config }: Pick<Runtime, "config">): Promise<ProbeOutcome> {
  if (config.smtpUrl === null) return SKIPPED;
  const transport = createTransport({
    url: config.smtpUrl,
    connectionTimeout: ANSWER_MS_MAX,
    greetingTimeout: ANSWER_MS_MAX,
    socketTimeout: ANSWER_MS_MAX,
    dnsTimeout: ANSWER_MS_MAX,
  });
  try {
    await transport.verify();
    return PASSED;
  } catch (error) {
    return failed(error);
  } finally {
    transport.close();
  }
}

async function judgeAnswer(
  url: string,
  options: { headers?: Record<string, string>; dispatcher?: Dispatcher },
  judge: (status: number) => ProbeOutcome["kind"],
): Promise<ProbeOutcome> {
  try {
    const { statusCode, body } = await request(url, { ...options, signal: AbortSignal.timeout(ANSWER_MS_MAX) });
    await body.dump({ limit: BODY_BYTES_MAX });
    const kind = judge(statusCode);
    return kind === "failed" ? { kind, detail: `HTTP ${statusCode}` } : { kind };
  } catch (error) {
    return failed(error);
  }
}

function failed(error: unknown): ProbeOutcome {
  return { kind: "failed", detail: error instanceof Error ? error.message : String(error) };
}
