import type { Metadata } from "next";
import Link from "next/link";
import { FilterForm } from "@/app/(dashboard)/dashboard/requests/filter-form";
import { detailLinks } from "@/app/(dashboard)/dashboard/requests/detail-links";
import { exportHref, type PageQuery, requestsHref, searchParamsOf } from "@/app/(dashboard)/dashboard/requests/query";
import { requireViewer } from "@/app/_server/session";
import { isSimulated } from "@/app/_server/simulated";
import { RequestsTable } from "@/components/dashboard/requests-table";
import { DetailPanel } from "@/components/requests/detail-panel";
import { Histogram } from "@/components/requests/histogram";
import { RequestDetail } from "@/components/requests/request-detail";
import { Banner } from "@/components/ui/banner";
import { buttonClass } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { cn } from "@/components/ui/cn";
import { EmptyState } from "@/components/ui/empty-state";
import { AppError } from "@/lib/errors/app-error";
import { listKeys } from "@/lib/keys/read";
import { listLanes } from "@/lib/lanes/read";
import { countRequests, listRequests } from "@/lib/requests/read";
import { findRequestDetail } from "@/lib/requests/read-detail";
import { readHistogram } from "@/lib/requests/read-histogram";
import { readModels } from "@/lib/requests/read-models";
import { countFields, readFilter, type RequestFilter } from "@/lib/requests/request-filter";
import { runtime } from "@/lib/runtime/runtime";

export const metadata: Metadata = { title: "Requests" };

const ROWS = 50;
const WHOLE = new Intl.NumberFormat("en-US");

export default async function RequestsPage({ searchParams }: { searchParams: Promise<PageQuery> }) {
  const viewer = await requireViewer();
  const { config, db, clock } = runtime();
  const { userId } = viewer;
  const query = searchParamsOf(await searchParams);
  const { filter, problems } = readFilter(query);
  const [now, before] = [clock.now(), query.get("before")];
  const log = { userId, filter, now };
  const [page, counted, histogram, keys, lanes, models, chosen] = await Promise.all([
    listRequests(db.orm, viewer, { ...log, limit: ROWS, before }).catch(noSuchPage),
    countRequests(db.orm, viewer, log),
    readHistogram(db, viewer, log),
    listKeys(db.orm, viewer, { userId }),
    listLanes(db.orm, viewer, { userId }),
    readModels(db.orm, viewer, { userId }),
    chosenRequest(query.get("request")),
  ]);
  const count = `${WHOLE.format(counted.count)}${counted.isMore ? "+" : ""}`;
  return (
    <div className="grid gap-4">
      <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
        <div>
          <h1 className="text-xl font-semibold">Requests</h1>
          <p className="text-sm text-muted">What was asked and answered is never stored; this is everything else.</p>
        </div>
        <div className="flex flex-wrap gap-2">
          {(["csv", "ndjson"] as const).map((format) => (
            <a key={format} href={exportHref(filter, format)} download className={buttonClass()}>
              {format === "csv" ? "Export CSV" : "Export JSON lines"}
            </a>
          ))}
        </div>
      </div>
      {(problems.length > 0 || page === null) && (
        <Banner tone="warn" urgent>
          <ul className="grid gap-1">
            {problems.map(({ param, message }) => (
              <li key={param}>{message} It was left out.</li>
            ))}
            {page === null && <li>This address leads to no page of the log. These are the newest.</li>}
          </ul>
        </Banner>
      )}
      <Card title="Which">
        <FilterForm filter={filter} problems={new Map(problems.map((one) => [one.param, one.message]))} choices={{ models, keys, lanes }} />
      </Card>
      {histogram && (
        <Card title="When" aside={count === "1" ? "1 request" : `${count} requests`}>
          <Histogram histogram={histogram} hrefOf={({ from, to }) => requestsHref({ ...filter, from, to })} />
        </Card>
      )}
      <Card title={before && page ? "Older" : "Newest first"}>
        <Rows page={page ?? (await listRequests(db.orm, viewer, { ...log, limit: ROWS }))} filter={filter} before={page && before} />
      </Card>
      {chosen && (
        <DetailPanel
          key={chosen.id}
          title={chosen.model ?? chosen.path}
          closeHref={requestsHref(filter, { before })}
          isBelowBanner={await isSimulated()}
        >
          <RequestDetail request={chosen} links={detailLinks(chosen)} publicUrl={config.publicUrl} />
          <Link href={`/dashboard/requests/${chosen.id}`} className={cn(buttonClass(), "mt-6")}>
            On a page of its own
          </Link>
        </DetailPanel>
      )}
    </div>
  );

  async function chosenRequest(requestId: string | null) {
    if (requestId === null) return null;
    const found = await findRequestDetail(db.orm, viewer, { requestId }).catch(orNull("not_found"));
    return found?.userId === userId ? found : null;
  }
}

type Page = Awaited<ReturnType<typeof listRequests>>;

function Rows({ page: { rows, nextCursor }, filter, before }: { page: Page; filter: RequestFilter; before: string | null }) {
  if (rows.length === 0) {
    return before ? (
      <EmptyState title="No older requests" />
    ) : (
      <EmptyState title={countFields(filter) > 0 ? "No request is like that" : "No requests in this time"}>
        {countFields(filter) > 0 ? (
          "Take a condition away, or look at a longer time."
        ) : (
          <Link href="/dashboard/setup" className="underline underline-offset-2">
            Set up Codex or an SDK
          </Link>
        )}
      </EmptyState>
    );
  }
  return (
    <>
      <RequestsTable rows={rows} caption="Requests" hrefOf={({ id }) => requestsHref(filter, { before, request: id })} />
      {(nextCursor || before) && (
        <nav aria-label="Pages" className="mt-4 flex flex-wrap gap-2">
          {before && (
            <Link href={requestsHref(filter)} className={buttonClass()}>
              Newest
            </Link>
          )}
          {nextCursor && (
            <Link href={requestsHref(filter, { before: nextCursor })} className={buttonClass()}>
              Older
            </Link>
          )}
        </nav>
      )}
    </>
  );
}

const noSuchPage = orNull("request_invalid");

function orNull(code: AppError["code"]) {
  return (error: unknown): null => {
    if (error instanceof AppError && error.code === code) return null;
    throw error;
  };
}
