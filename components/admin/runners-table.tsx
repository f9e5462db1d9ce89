import { Badge, type BadgeTone } from "@/components/ui/badge";
import { DataTable, type Column } from "@/components/ui/data-table";
import { LocalTime } from "@/components/ui/local-time";
import type { IsolationView } from "@/lib/codex/read-evidence";
import type { RunnerView } from "@/lib/codex/read-fleet";

const TONES: Record<RunnerView["state"], BadgeTone> = { live: "good", draining: "warn", silent: "bad" };

const COLUMNS: Column<RunnerView>[] = [
  { name: "Runner", cell: ({ id }) => <code className="font-mono text-xs whitespace-nowrap">…{id.slice(-8)}</code> },
  { name: "Host", cell: ({ host }) => <span className="inline-block min-w-24 wrap-anywhere">{host}</span> },
  { name: "State", cell: ({ state }) => <Badge tone={TONES[state]}>{state}</Badge> },
  { name: "Driver", cell: ({ driver }) => driver },
  { name: "Isolation found", cell: ({ isolation }) => <span className="text-xs">{isolationLine(isolation)}</span> },
  { name: "Accounts", numeric: true, cell: ({ accounts }) => accounts },
  { name: "Heartbeat", cell: ({ heartbeatAt }) => <LocalTime iso={heartbeatAt} /> },
];

export function RunnersTable({ rows }: { rows: readonly RunnerView[] }) {
  return <DataTable caption="Runners" columns={COLUMNS} rows={rows} rowKey={({ id }) => id} />;
}

/** What is there, and loudly what is not. */
function isolationLine({ fs, pids, net, uid, seccomp, limits }: IsolationView): string {
  const there = [
    fs && "files",
    pids && "processes",
    net === "allow-list" && "network allow-list",
    uid === "per-account" && "user per account",
    seccomp && "system calls",
    limits.memory && "memory",
    limits.cpu && "CPU",
    limits.pids && "process count",
  ].filter((part) => typeof part === "string");
  return there.length === 0 ? "none" : there.join(", ");
}
