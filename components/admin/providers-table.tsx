import { Badge, type BadgeTone } from "@/components/ui/badge";
import { DataTable, type Column } from "@/components/ui/data-table";
import { LocalTime } from "@/components/ui/local-time";
import type { ProviderView } from "@/lib/providers/read";

const TONES: Record<ProviderView["probeState"], BadgeTone> = { passed: "good", failed: "bad", unprobed: "neutral" };

const COLUMNS: Column<ProviderView>[] = [
  { name: "Provider", cell: ({ name }) => <span className="font-medium">{name}</span> },
  { name: "Address", cell: ({ baseUrl }) => <span className="wrap-anywhere">{baseUrl}</span> },
  {
    name: "Wallets",
    cell: ({ selected, trippedAt }) =>
      trippedAt ? <Badge tone="bad">tripped: no usage reported</Badge> : selected ? <Badge tone="good">in use</Badge> : "–",
  },
  {
    name: "Probe",
    cell: ({ probeState, probedAt }) => (
      <span>
        <Badge tone={TONES[probeState]}>{probeState}</Badge>
        {probedAt && (
          <>
            {" "}
            <LocalTime iso={probedAt} />
          </>
        )}
      </span>
    ),
  },
];

export function ProvidersTable({ rows }: { rows: readonly ProviderView[] }) {
  return <DataTable caption="Providers" columns={COLUMNS} rows={rows} rowKey={({ id }) => id} />;
}
