"use client";

import { useId, useRef, useState } from "react";
import { CSV_LENGTH_MAX, parseCsv } from "@/components/site/parse-csv";
import { Banner } from "@/components/ui/banner";
import { formatUsd, roundToCents, toUsdString } from "@/lib/money/micro-usd";
import { readUsageExport, type ExportReading, type TokenRates } from "@/lib/site/read-usage-export";

type ExportReaderProps = {
  /** Null: they cannot be read from their fields. */
  rates: TokenRates | null;
  onRead: (billUsd: string) => void;
};

/** No form and no name on the fields: nothing here can be sent. */
export function ExportReader({ rates, onRead }: ExportReaderProps) {
  const id = useId();
  const [text, setText] = useState("");
  const latest = useRef("");
  const [reading, setReading] = useState<ExportReading | null>(null);

  async function read(given: string) {
    latest.current = given;
    setText(given);
    if (given.trim() === "") return setReading(null);
    if (given.length > CSV_LENGTH_MAX) {
      const message = `It is longer than ${CSV_LENGTH_MAX / 1_000_000} million characters. Export fewer days.`;
      return setReading({ kind: "refused", problems: [{ line: 1, column: "", message }] });
    }
    const rows = await parseCsv(given);
    // Something else was pasted meanwhile.
    if (latest.current !== given) return;
    const found = readUsageExport(rows, rates);
    setReading(found);
    if (found.kind === "read") onRead(toUsdString(roundToCents(found.monthly, "up")).replace(/0{4}$/, ""));
  }

  return (
    <section aria-labelledby={`${id}-title`} className="grid gap-4 rounded-lg border border-line bg-panel p-4 sm:p-5">
      <div>
        <h2 id={`${id}-title`} className="font-semibold">
          From an export
        </h2>
        <p className="mt-1 text-sm text-pretty text-muted">
          Export costs or usage as CSV on OpenAI&rsquo;s usage page. It is read in this browser: the file is not sent to anybody and not
          stored.
        </p>
        <noscript>
          <p className="mt-2 text-sm">Reading an export needs JavaScript. Write your bill into the field above instead.</p>
        </noscript>
      </div>
      <div className="grid gap-1.5">
        <label htmlFor={`${id}-file`} className="text-sm font-medium">
          CSV file
        </label>
        <input
          id={`${id}-file`}
          type="file"
          accept=".csv,.tsv,.txt,text/csv"
          className="min-h-target w-full min-w-0 text-sm text-muted file:mr-3 file:min-h-target file:cursor-pointer file:rounded-md file:border file:border-edge file:bg-panel file:px-3 file:text-sm file:font-medium file:text-ink"
          onChange={async ({ target }) => {
            const [file] = target.files ?? [];
            if (file) await read(await file.text());
          }}
        />
      </div>
      <div className="grid gap-1.5">
        <label htmlFor={`${id}-text`} className="text-sm font-medium">
          Or its text
        </label>
        <textarea
          id={`${id}-text`}
          rows={5}
          spellCheck={false}
          value={text}
          placeholder={"start_time,amount_value,amount_currency\n1761955200,12.40,usd"}
          className="w-full rounded-md border border-edge bg-panel px-3 py-2 font-mono text-xs text-ink placeholder:text-muted"
          onChange={({ target }) => void read(target.value)}
        />
      </div>
      {reading && <Outcome reading={reading} />}
    </section>
  );
}

function Outcome({ reading }: { reading: ExportReading }) {
  if (reading.kind === "refused") {
    return (
      <Banner tone="bad" urgent>
        <ul className="grid gap-1.5">
          {reading.problems.map(({ line, column, message }) => (
            <li key={`${line} ${column}`} className="wrap-anywhere">
              Line {line}
              {column !== "" && `, column ${column}`}: {message}
            </li>
          ))}
        </ul>
      </Banner>
    );
  }
  const { basis, rows, total, monthly, days } = reading;
  const of = `${rows.toLocaleString("en")} ${rows === 1 ? "row" : "rows"} of ${basis === "costs" ? "costs" : "usage"}`;
  return (
    <Banner urgent>
      {of}: {formatUsd(roundToCents(total, "up"))}
      {days === null
        ? ", taken as one month since no column says when."
        : ` in ${days} ${days === 1 ? "day" : "days"}, which is ${formatUsd(roundToCents(monthly, "up"))} for thirty.`}
      {basis === "tokens" && " Priced at the token prices above: an estimate, which an export of costs makes exact."}
    </Banner>
  );
}
