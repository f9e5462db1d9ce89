import { desc, eq, isNull, ne, sql } from "drizzle-orm";
import type { Reader } from "@/db/client";
import { chatgptAccounts, runners } from "@/db/schema/chatgpt";
import { lanes } from "@/db/schema/lanes";
import { users } from "@/db/schema/users";
import { requireAdmin } from "@/lib/access/require-sight";
import type { Viewer } from "@/lib/access/viewer";
import { isLeased, lineView, windowsOf, type AccountView, type WindowView } from "@/lib/codex/read";
import { isolationView, type IsolationView } from "@/lib/codex/read-evidence";
import { RUNNER_SILENCE_S } from "@/lib/codex/runners";

/** One row per ChatGPT account that is not gone, as the operator sees it. */
export type FleetAccountView = {
  id: string;
  owner: { id: string; username: string };
  /** Null: its lane is removed, and its home is about to be. */
  lane: { id: string; label: string; state: string; stateReason: string | null; stateUntil: string | null } | null;
  state: AccountView["state"];
  stateReason: string | null;
  planType: string | null;
  container: { state: AccountView["containerState"]; reason: string | null; homeBytes: number | null };
  driver: string | null;
  host: string | null;
  codexVersion: string | null;
  codexVersionCanary: string | null;
  fence: number;
  lease: { runnerId: string; expiresAt: string; isLive: boolean } | null;
  line: AccountView["line"];
  windows: WindowView[];
};

export type RunnerView = {
  id: string;
  host: string;
  address: string;
  driver: string;
  isolation: IsolationView;
  startedAt: string;
  heartbeatAt: string;
  /** live: heard of lately. silent: its heartbeat is overdue. */
  state: "live" | "draining" | "silent";
  /** Accounts whose lease it holds. */
  accounts: number;
};

const ACCOUNTS_MAX = 500;
const RUNNERS_MAX = 200;

/** Those that need a look come first. For admins. */
export async function listFleetAccounts(reader: Reader, viewer: Viewer): Promise<FleetAccountView[]> {
  requireAdmin(viewer);
  const rows = await reader
    .select({
      account: chatgptAccounts,
      username: users.username,
      lane: lanes,
      isLive: isLeased,
    })
    .from(chatgptAccounts)
    .innerJoin(users, eq(users.id, chatgptAccounts.userId))
    .leftJoin(lanes, eq(lanes.chatgptAccountId, chatgptAccounts.id))
    .where(ne(chatgptAccounts.state, "removed"))
    .orderBy(
      sql`${chatgptAccounts.containerState} = 'failed' or ${chatgptAccounts.state} in ('lost', 'signed_out') desc`,
      sql`lower(${users.username})`,
      chatgptAccounts.createdAt,
    )
    .limit(ACCOUNTS_MAX);
  const windows = await windowsOf(
    reader,
    rows.map(({ account }) => account.id),
  );
  return rows.map(({ account, username, lane, isLive }) => ({
    id: account.id,
    owner: { id: account.userId, username },
    lane: lane && {
      id: lane.id,
      label: lane.label,
      state: lane.state,
      stateReason: lane.stateReason,
      stateUntil: lane.stateUntil?.toISOString() ?? null,
    },
    state: account.state,
    stateReason: account.stateReason,
    planType: account.planType,
    container: { state: account.containerState, reason: account.containerReason, homeBytes: account.homeBytes },
    driver: account.driver,
    host: account.host,
    codexVersion: account.codexVersion,
    codexVersionCanary: account.codexVersionCanary,
    fence: account.fence,
    lease:
      account.leaseRunnerId && account.leaseExpiresAt
        ? { runnerId: account.leaseRunnerId, expiresAt: account.leaseExpiresAt.toISOString(), isLive }
        : null,
    line: lineView(account, isLive),
    windows: windows.get(account.id) ?? [],
  }));
}

/** Runners that have not ended. For admins. */
export async function listRunners(reader: Reader, viewer: Viewer): Promise<RunnerView[]> {
  requireAdmin(viewer);
  const rows = await reader
    .select({
      runner: runners,
      isSilent: sql<boolean>`${runners.heartbeatAt} < now() - make_interval(secs => ${RUNNER_SILENCE_S})`,
      // Written out: a bare `id` would be the account's in there.
      accounts: sql<number>`(select count(*)::int from chatgpt_accounts a
        where a.lease_runner_id = runners.id and a.lease_expires_at > now())`,
    })
    .from(runners)
    .where(isNull(runners.endedAt))
    .orderBy(desc(runners.heartbeatAt))
    .limit(RUNNERS_MAX);
  return rows.map(({ runner, isSilent, accounts }) => ({
    id: runner.id,
    host: runner.host,
    address: runner.address,
    driver: runner.driver,
    isolation: isolationView(runner.isolation),
    startedAt: runner.startedAt.toISOString(),
    heartbeatAt: runner.heartbeatAt.toISOString(),
    state: isSilent ? "silent" : runner.drainingAt ? "draining" : "live",
    accounts,
  }));
}
