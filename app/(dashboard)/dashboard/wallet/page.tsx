import type { Metadata } from "next";
import Link from "next/link";
import { type PageQuery, searchParamsOf } from "@/app/(dashboard)/dashboard/requests/query";
import { requireViewer } from "@/app/_server/session";
import { ThresholdForm } from "@/app/(dashboard)/dashboard/wallet/threshold-form";
import { Banner } from "@/components/ui/banner";
import { buttonClass } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { DataTable, type Column } from "@/components/ui/data-table";
import { EmptyState } from "@/components/ui/empty-state";
import { LocalTime } from "@/components/ui/local-time";
import { Money } from "@/components/ui/money";
import { PageHeading } from "@/components/ui/page-heading";
import { Pager } from "@/components/ui/pager";
import { SegmentedLinks } from "@/components/ui/segmented-links";
import { LedgerTable } from "@/components/wallet/ledger-table";
import { WalletNow } from "@/components/wallet/wallet-now";
import { AppError } from "@/lib/errors/app-error";
import { runtime } from "@/lib/runtime/runtime";
import { listBalanceAlerts } from "@/lib/wallet/balance-alerts";
import { listHolds, listLedger, type RunningHold } from "@/lib/wallet/read-ledger";

export const metadata: Metadata = { title: "Wallet" };

const WALLET_PATH = "/dashboard/wallet";
const EXPORT_PATH = "/api/v1/wallet/export";
const LINES = 25;

export default async function WalletPage({ searchParams }: { searchParams: Promise<PageQuery> }) {
  const viewer = await requireViewer();
  const { config, db } = runtime();
  const { userId } = viewer;
  const query = searchParamsOf(await searchParams);
  const [withHolds, before] = [query.get("holds") === "true", query.get("before")];
  const ledger = { userId, limit: LINES, withHolds };
  const [found, holds, alerts] = await Promise.all([
    listLedger(db.sql, viewer, { ...ledger, before }).catch(orNullOfRequest),
    listHolds(db.sql, viewer, { userId }),
    listBalanceAlerts(db.orm, viewer, { userId }),
  ]);
  const page = found ?? (await listLedger(db.sql, viewer, ledger));
  const isOlder = before !== null && found !== null;
  return (
    <>
      <PageHeading
        title="Wallet"
        note="It pays for what the wallet lane answers, by the token. Your own keys and ChatGPT accounts cost nothing here."
        actions={
          <>
            <a href={EXPORT_PATH} download className={buttonClass()}>
              Export CSV
            </a>
            <a href={`${EXPORT_PATH}?holds=true`} download className={buttonClass()}>
              Export with holds
            </a>
          </>
        }
      />
      <div className="grid gap-4 lg:grid-cols-[minmax(0,1fr)_20rem]">
        <Card title="What is in it">
          <WalletNow />
          {holds.length > 0 && (
            <div className="mt-6">
              <h3 className="mb-2 text-sm font-medium">Held, as of the last reload</h3>
              <DataTable caption="What running requests hold" columns={HOLD_COLUMNS} rows={holds} rowKey={({ requestId }) => requestId} />
            </div>
          )}
          <p className="mt-6 border-t border-line pt-4 text-sm text-muted">
            {config.supportEmail === null ? (
              "Your operator adds credit."
            ) : (
              <>
                Your operator adds credit: write to{" "}
                <a href={`mailto:${config.supportEmail}`} className="text-ink underline underline-offset-2">
                  {config.supportEmail}
                </a>
                .
              </>
            )}{" "}
            A request holds the most that it can cost, and gives back what it did not need as soon as it ends.
          </p>
        </Card>
        <Card title="Low balance" note="One mail when the balance falls below, and a line above every page while it is.">
          <ThresholdForm alerts={alerts} />
        </Card>
        <Card title={isOlder ? "Older" : "What went through it"} className="lg:col-span-2">
          <div className="mb-4">
            <SegmentedLinks
              label="What is listed"
              options={[
                { label: "Spent and credited", href: WALLET_PATH, current: !withHolds },
                { label: "Also what was held", href: `${WALLET_PATH}?holds=true`, current: withHolds },
              ]}
            />
          </div>
          {before !== null && found === null && (
            <div className="mb-4">
              <Banner tone="warn" urgent>
                This address leads to no page of the ledger. These are the newest lines.
              </Banner>
            </div>
          )}
          {page.lines.length > 0 ? (
            <LedgerTable lines={page.lines} withHolds={withHolds} />
          ) : (
            <EmptyState title={isOlder ? "Nothing older" : "Nothing yet"}>
              {isOlder ? null : (
                <>
                  Credit and every request that the wallet pays for appear here. Run a line from{" "}
                  <Link href="/dashboard/setup" className="text-ink underline underline-offset-2">
                    Setup
                  </Link>
                  .
                </>
              )}
            </EmptyState>
          )}
          <Pager
            label="Ledger"
            newerLabel="Newest"
            newerHref={isOlder ? walletHref({ withHolds, before: null }) : null}
            olderHref={page.nextCursor && walletHref({ withHolds, before: page.nextCursor })}
          />
        </Card>
      </div>
    </>
  );
}

const HOLD_COLUMNS: Column<RunningHold>[] = [
  { name: "Model", narrow: { line: 1 }, cell: ({ model }) => model ?? "–" },
  { name: "Key", narrow: { line: 2 }, cell: ({ keyName }) => <span className="wrap-anywhere">{keyName}</span> },
  { name: "Since", narrow: { line: 3 }, cell: ({ placedAt }) => <LocalTime iso={placedAt} /> },
  { name: "Held", narrow: { line: 1, atEnd: true }, numeric: true, cell: ({ amountUsd }) => <Money usd={amountUsd} /> },
];

function walletHref({ withHolds, before }: { withHolds: boolean; before: string | null }): string {
  const params = new URLSearchParams({ ...(withHolds && { holds: "true" }), ...(before !== null && { before }) });
  return params.size === 0 ? WALLET_PATH : `${WALLET_PATH}?${params}`;
}

function orNullOfRequest(error: unknown): null {
  if (error instanceof AppError && error.code === "request_invalid") return null;
  throw error;
}
