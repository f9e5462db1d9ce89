import { Badge, type BadgeTone } from "@/components/ui/badge";
import { DataTable, type Column } from "@/components/ui/data-table";
import { LocalTime } from "@/components/ui/local-time";
import { laneStateShown, type LaneStateShown } from "@/components/dashboard/lane-state-shown";
import type { LaneView } from "@/lib/lanes/read";

const TONES: Record<LaneStateShown, BadgeTone> = { ready: "good", empty: "warn", cooling: "warn", exhausted: "warn", paused: "neutral" };

type Row = LaneView & { shown: LaneStateShown };

const COLUMNS: Column<Row>[] = [
  { name: "Order", cell: ({ position }) => <span className="numeric">{position}</span> },
  { name: "Lane", cell: ({ label }) => label },
  {
    name: "Answers through",
    cell: (lane) => (lane.kind === "wallet" ? "the wallet" : `own key …${lane.keyLastFour ?? ""} at ${host(lane.baseUrl)}`),
  },
  {
    name: "State",
    cell: ({ shown, stateUntil }) => (
      <span>
        <Badge tone={TONES[shown]}>{shown}</Badge>
        {stateUntil && (
          <>
            {" until "}
            <LocalTime iso={stateUntil} />
          </>
        )}
      </span>
    ),
  },
];

export function LanesTable({ rows, wallet }: { rows: readonly LaneView[]; wallet: { availableUsd: string } }) {
  const shownRows = rows.map((lane) => ({ ...lane, shown: laneStateShown(lane, wallet) }));
  return <DataTable caption="Lanes in their order" columns={COLUMNS} rows={shownRows} rowKey={({ id }) => id} />;
}

function host(url: string | null): string {
  return url ? new URL(url).host : "";
}
