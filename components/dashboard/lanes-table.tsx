import { Badge, type BadgeTone } from "@/components/ui/badge";
import { DataTable, type Column } from "@/components/ui/data-table";
import { LocalTime } from "@/components/ui/local-time";
import type { LaneView } from "@/lib/lanes/read";

const TONES: Record<LaneView["state"], BadgeTone> = { ready: "good", cooling: "warn", exhausted: "warn", paused: "neutral" };

const COLUMNS: Column<LaneView>[] = [
  { name: "Order", cell: ({ position }) => <span className="numeric">{position}</span> },
  { name: "Lane", cell: ({ label }) => label },
  {
    name: "Answers through",
    cell: (lane) => (lane.kind === "wallet" ? "the wallet" : `own key …${lane.keyLastFour ?? ""} at ${host(lane.baseUrl)}`),
  },
  {
    name: "State",
    cell: ({ state, stateUntil }) => (
      <span>
        <Badge tone={TONES[state]}>{state}</Badge>
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

export function LanesTable({ rows }: { rows: readonly LaneView[] }) {
  return <DataTable caption="Lanes in their order" columns={COLUMNS} rows={rows} rowKey={({ id }) => id} />;
}

function host(url: string | null): string {
  return url ? new URL(url).host : "";
}
