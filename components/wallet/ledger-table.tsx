import Link from "next/link";
import { cn } from "@/components/ui/cn";
import { DataTable, type Column } from "@/components/ui/data-table";
import { LocalTime } from "@/components/ui/local-time";
import { Money } from "@/components/ui/money";
import { ledgerWords } from "@/components/wallet/ledger-words";
import { parseUsd } from "@/lib/money/micro-usd";
import type { LedgerLine } from "@/lib/wallet/read-ledger";

const COLUMNS: Column<LedgerLine>[] = [
  { name: "Time", narrow: { line: 3 }, cell: ({ at }) => <LocalTime iso={at} /> },
  { name: "What", narrow: { line: 1 }, cell: (line) => <What line={line} /> },
  { name: "Amount", narrow: { line: 1, atEnd: true }, numeric: true, cell: ({ amountUsd }) => <Amount usd={amountUsd} isGain /> },
  {
    name: "Balance after",
    narrow: { line: 3, label: "balance", atEnd: true },
    numeric: true,
    cell: ({ balanceUsd }) => <Money usd={balanceUsd} aligned />,
  },
];

const MOVES: Column<LedgerLine>[] = [
  { name: "Available", narrow: { line: 2, label: "available" }, numeric: true, cell: ({ availableUsd }) => <Amount usd={availableUsd} /> },
  { name: "Held", narrow: { line: 2, label: "held", atEnd: true }, numeric: true, cell: ({ heldUsd }) => <Amount usd={heldUsd} /> },
];

/** Newest first. `withHolds`: also what only moved between available and held, and how. */
export function LedgerTable({ lines, withHolds }: { lines: readonly LedgerLine[]; withHolds: boolean }) {
  const columns = withHolds ? [...COLUMNS.slice(0, 2), ...MOVES, ...COLUMNS.slice(2)] : COLUMNS;
  return <DataTable caption="What went through the wallet" columns={columns} rows={lines} rowKey={({ id }) => id} />;
}

/** What came in stands out; what only moved does not. */
function Amount({ usd, isGain = false }: { usd: string; isGain?: boolean }) {
  const amount = parseUsd(usd);
  if (amount === 0n) return <span className="text-muted">–</span>;
  return (
    <span className={cn(isGain && amount > 0n && "text-good")}>
      {amount > 0n && "+"}
      <Money usd={usd} aligned />
    </span>
  );
}

function What({ line }: { line: LedgerLine }) {
  const words = ledgerWords(line);
  const note = line.kind === "adjustment" ? line.note : line.model;
  return (
    <span className="wrap-anywhere">
      {line.requestId && line.isLogged ? (
        <Link
          href={`/dashboard/requests/${line.requestId}`}
          prefetch={false}
          className="underline decoration-edge underline-offset-2 hover:text-accent"
        >
          {words}
        </Link>
      ) : (
        words
      )}
      {note && <span className="text-muted"> · {note}</span>}
    </span>
  );
}
