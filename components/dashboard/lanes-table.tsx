import { laneWords, type LaneWords } from "@/components/lanes/lane-words";
import { laneVia } from "@/components/lanes/lane-via";
import { Badge } from "@/components/ui/badge";
import { DataTable, type Column } from "@/components/ui/data-table";
import { TimeAhead } from "@/components/ui/time-ahead";
import type { Lanes } from "@/components/data/lanes-query";
import type { LaneView } from "@/lib/lanes/read";

type Row = LaneView & { words: LaneWords };

const COLUMNS: Column<Row>[] = [
  { name: "Order", narrow: { line: 1 }, cell: ({ position }) => <span className="numeric">{position}</span> },
  { name: "Lane", narrow: { line: 1 }, cell: ({ label }) => <span className="wrap-anywhere">{label}</span> },
  { name: "Answers through", narrow: { line: 3 }, cell: (lane) => <span className="wrap-anywhere">{laneVia(lane)}</span> },
  {
    name: "State",
    narrow: { line: 2 },
    cell: ({ words: { word, tone, until } }) => (
      <span>
        <Badge tone={tone}>{word}</Badge>
        {until && (
          <>
            {" "}
            <TimeAhead iso={until} />
          </>
        )}
      </span>
    ),
  },
];

/** One line per lane. Everything else about them stands on their own screen. */
export function LanesTable({ lanes: { rows, codexOn }, wallet }: { lanes: Lanes; wallet: { availableUsd: string } }) {
  const shownRows = rows.map((lane) => ({ ...lane, words: laneWords(lane, { wallet, codexOn }) }));
  return <DataTable caption="Lanes in their order" columns={COLUMNS} rows={shownRows} rowKey={({ id }) => id} />;
}
