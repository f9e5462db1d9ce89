import Link from "next/link";
import type { ReactNode } from "react";
import { lineWords } from "@/components/lanes/line-words";
import { planName } from "@/components/lanes/plan-name";
import { windowName } from "@/components/lanes/window-words";
import { Badge, type BadgeTone } from "@/components/ui/badge";
import { DataTable, type Column } from "@/components/ui/data-table";
import { LocalTime } from "@/components/ui/local-time";
import { TimeAhead } from "@/components/ui/time-ahead";
import type { FleetAccountView } from "@/lib/codex/read-fleet";

const ACCOUNT_TONES: Record<FleetAccountView["state"], BadgeTone> = {
  new: "neutral",
  signing_in: "warn",
  signed_in: "good",
  signed_out: "bad",
  lost: "bad",
  removing: "neutral",
  removed: "neutral",
};

const CONTAINER_TONES: Record<FleetAccountView["container"]["state"], BadgeTone> = {
  none: "neutral",
  starting: "warn",
  running: "good",
  stopped: "neutral",
  failed: "bad",
};

/** A lane that is used up or passed over is not well, even where its account is. */
const LANE_TONES: Record<string, BadgeTone> = { ready: "good", exhausted: "warn", cooling: "warn", signed_out: "bad", signing_in: "warn" };

const COLUMNS: Column<FleetAccountView>[] = [
  {
    name: "Owner and lane",
    cell: ({ owner, lane }) => (
      <span className="grid">
        <Link
          href={`/admin/users/${owner.id}`}
          className="-my-2.5 inline-flex min-h-target items-center font-medium text-accent underline-offset-2 hover:underline max-sm:justify-end"
        >
          {owner.username}
        </Link>
        {lane ? (
          <Link
            href={`/dashboard/lanes/${lane.id}/evidence`}
            className="-my-1.5 inline-flex min-h-target items-center text-xs text-muted underline underline-offset-2 wrap-anywhere hover:text-ink max-sm:justify-end"
          >
            {lane.label}: evidence
          </Link>
        ) : (
          <span className="text-xs text-muted">lane removed</span>
        )}
      </span>
    ),
  },
  {
    name: "Account",
    cell: ({ state, stateReason, planType }) => (
      <Stacked note={stateReason ?? (planType ? planName(planType) : null)}>
        <Badge tone={ACCOUNT_TONES[state]}>{state.replaceAll("_", " ")}</Badge>
      </Stacked>
    ),
  },
  {
    name: "Lane",
    cell: ({ lane, line }) =>
      lane ? (
        <Stacked note={lane.stateUntil ? <TimeAhead iso={lane.stateUntil} /> : (lane.stateReason ?? lineWords(line))}>
          <Badge tone={LANE_TONES[lane.state]}>{lane.state.replaceAll("_", " ")}</Badge>
        </Stacked>
      ) : (
        "–"
      ),
  },
  {
    name: "Container",
    cell: ({ container, driver, host }) => (
      <Stacked note={container.reason ?? [driver, host].filter(Boolean).join(" on ")}>
        <Badge tone={CONTAINER_TONES[container.state]}>{container.state}</Badge>
      </Stacked>
    ),
  },
  {
    name: "Windows",
    cell: ({ windows }) =>
      windows.length === 0 ? (
        "–"
      ) : (
        <span className="grid text-xs">
          {windows.map((window) => (
            <span key={`${window.limitId} ${window.windowMinutes}`} className="numeric">
              {windowName(window)}: {window.usedPercent} %
            </span>
          ))}
        </span>
      ),
  },
  {
    name: "Driven by",
    cell: ({ lease, fence }) =>
      lease ? (
        <Stacked
          note={
            <>
              fence {fence}, {lease.isLive ? "until" : "ran out"} <LocalTime iso={lease.expiresAt} />
            </>
          }
        >
          <code className="font-mono text-xs">…{lease.runnerId.slice(-8)}</code>
        </Stacked>
      ) : (
        <span className="text-muted">nobody, fence {fence}</span>
      ),
  },
  { name: "Codex CLI", cell: ({ codexVersion, codexVersionCanary }) => codexVersion ?? codexVersionCanary ?? "–" },
];

/** `canary` makes the last cell: another version for one account. */
export function FleetTable({
  rows,
  canary,
}: {
  rows: readonly FleetAccountView[];
  canary?: ((row: FleetAccountView) => ReactNode) | undefined;
}) {
  const columns = canary ? [...COLUMNS, { name: "Ahead", cell: canary }] : COLUMNS;
  return <DataTable caption="ChatGPT accounts" columns={columns} rows={rows} rowKey={({ id }) => id} />;
}

function Stacked({ children, note }: { children: ReactNode; note: ReactNode }) {
  return (
    <span className="grid justify-items-start gap-0.5 max-sm:justify-items-end">
      {children}
      {note && <span className="max-w-56 text-xs text-muted wrap-anywhere">{note}</span>}
    </span>
  );
}
