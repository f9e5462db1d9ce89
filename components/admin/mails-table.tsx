import { ChevronRight } from "lucide-react";
import { Badge, type BadgeTone } from "@/components/ui/badge";
import { DataTable, type Column } from "@/components/ui/data-table";
import { LocalTime } from "@/components/ui/local-time";
import type { MailView } from "@/lib/mail/read";

const TONES: Record<MailView["state"], BadgeTone> = { sent: "good", waiting: "warn", given_up: "bad" };

const COLUMNS: Column<MailView>[] = [
  { name: "Written", narrow: { line: 3 }, cell: ({ createdAt }) => <LocalTime iso={createdAt} /> },
  { name: "To", narrow: { line: 2, label: "to" }, cell: ({ recipient }) => <span className="wrap-anywhere">{recipient}</span> },
  { name: "Mail", narrow: { line: 1 }, cell: (mail) => <Body {...mail} /> },
  {
    name: "State",
    narrow: { line: 3, atEnd: true },
    cell: ({ state, sentAt, tries, nextTryAt, lastError }) => (
      <span className="grid justify-items-start gap-0.5">
        <Badge tone={TONES[state]}>{state.replaceAll("_", " ")}</Badge>
        {sentAt && (
          <span className="text-xs text-muted">
            <LocalTime iso={sentAt} />
          </span>
        )}
        {state !== "sent" && tries > 0 && (
          <span className="max-w-64 text-xs text-muted wrap-anywhere">
            {tries === 1 ? "1 try" : `${tries} tries`}
            {lastError && `: ${lastError}`}
            {nextTryAt && (
              <>
                ; next <LocalTime iso={nextTryAt} />
              </>
            )}
          </span>
        )}
      </span>
    ),
  },
];

export function MailsTable({ rows }: { rows: readonly MailView[] }) {
  return <DataTable caption="Mails" columns={COLUMNS} rows={rows} rowKey={({ id }) => id} />;
}

function Body({ subject, text }: MailView) {
  return (
    <details className="group min-w-0">
      {/* The arrow stands outside of the line: the table aligns rows by the baseline of the words. */}
      <summary className="relative flex min-h-target cursor-pointer list-none items-center pl-5.5 font-medium wrap-anywhere hover:text-accent @min-[44rem]:-my-2.5 [&::-webkit-details-marker]:hidden">
        <ChevronRight aria-hidden size={16} className="absolute left-0 text-muted transition-transform group-open:rotate-90" />
        {subject}
      </summary>
      <pre className="my-2 rounded-md border border-line bg-sunken px-3 py-2.5 font-mono text-xs font-normal wrap-anywhere whitespace-pre-wrap">
        {text}
      </pre>
    </details>
  );
}
