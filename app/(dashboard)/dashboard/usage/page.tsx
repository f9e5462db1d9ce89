import type { Metadata } from "next";
import Link from "next/link";
import { requestsHref, searchParamsOf, type PageQuery } from "@/app/(dashboard)/dashboard/requests/query";
import { groupFilter, USAGE_PATH, usageExportHref, usageHref } from "@/app/(dashboard)/dashboard/usage/query";
import { Hydrated } from "@/app/_server/hydrated";
import { requireViewer } from "@/app/_server/session";
import { viewerTimeZone } from "@/app/_server/viewer-time-zone";
import { liveQuery } from "@/components/data/live-query";
import { Banner } from "@/components/ui/banner";
import { buttonClass } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { EmptyState } from "@/components/ui/empty-state";
import { Money } from "@/components/ui/money";
import { PageHeading } from "@/components/ui/page-heading";
import { SegmentedLinks } from "@/components/ui/segmented-links";
import { Stat, StatRow } from "@/components/ui/stat";
import { TimeRange } from "@/components/ui/time-range";
import { GroupsTable } from "@/components/usage/groups-table";
import { LiveCard } from "@/components/usage/live-card";
import { allTokens, UsageChart } from "@/components/usage/usage-chart";
import { BUCKET_WORDS, GROUP_WORDS, MEASURE_WORDS, RANGE_WORDS } from "@/components/usage/usage-words";
import { readLive } from "@/lib/requests/read-live";
import { readUsageSeries, type UsageFigures, type UsageSeries } from "@/lib/requests/read-usage-series";
import {
  readUsageQuery,
  USAGE_MEASURES,
  USAGE_RANGES,
  type UsageBucket,
  usageParams,
  type UsageQuery,
  usageSpan,
} from "@/lib/requests/usage-query";
import { USAGE_DIMENSIONS } from "@/lib/requests/usage-sums";
import { countDays } from "@/lib/requests/zone-days";
import { runtime } from "@/lib/runtime/runtime";

export const metadata: Metadata = { title: "Usage" };

const WHOLE = new Intl.NumberFormat("en-US");
const PROJECT_NOTE = "A project is the folder in which Codex runs, known here only by a keyed hash, or a session where no folder is named.";

export default async function UsagePage({ searchParams }: { searchParams: Promise<PageQuery> }) {
  const viewer = await requireViewer();
  const { db, clock } = runtime();
  const { userId } = viewer;
  const timeZone = await viewerTimeZone(viewer);
  const { query, problems } = readUsageQuery(searchParamsOf(await searchParams));
  const now = clock.now();
  const [series, live] = await Promise.all([
    readUsageSeries(db.sql, viewer, { ...query, userId, timeZone, now }),
    readLive(db.sql, viewer, { userId, now }),
  ]);
  const wholeSpan = { from: series.from, to: series.to };
  return (
    <Hydrated data={[{ queryKey: liveQuery.queryKey, value: live }]}>
      <PageHeading
        title="Usage"
        actions={
          <a href={usageExportHref(query, timeZone)} download className={buttonClass()}>
            Export CSV
          </a>
        }
      />
      <div className="grid gap-4">
        {problems.length > 0 && (
          <Banner tone="warn" urgent>
            <ul className="grid gap-1">
              {problems.map(({ param, message }) => (
                <li key={param}>{message} It was left out.</li>
              ))}
            </ul>
          </Banner>
        )}
        <LiveCard />
        <Card title={<span className="sr-only">Which usage</span>} className="[&>div:first-child]:mb-0">
          <Controls
            query={query}
            series={series}
            timeZone={timeZone}
            now={now}
            errors={new Map(problems.map((one) => [one.param, one.message]))}
          />
          <div className="mt-5 border-t border-line pt-5">
            <Totals total={series.total} />
          </div>
          <div className="mt-6">
            <UsageChart series={series} measure={query.measure} hrefOf={(bucket) => requestsHref(groupFilter("all", null, bucket)!)} />
          </div>
          <Link
            href={requestsHref(groupFilter("all", null, wholeSpan)!)}
            className="inline-flex min-h-target items-center text-sm text-muted underline underline-offset-2 hover:text-ink"
          >
            All requests of this time
          </Link>
        </Card>
        {series.groups.length === 0 ? (
          <EmptyState title="No requests in this time">
            Take a longer time, or run a line from{" "}
            <Link href="/dashboard/setup" className="text-ink underline underline-offset-2">
              Setup
            </Link>
            .
          </EmptyState>
        ) : (
          query.groupBy !== "all" && (
            <Card title={`By ${GROUP_WORDS[query.groupBy].toLowerCase()}`} note={query.groupBy === "project" && PROJECT_NOTE}>
              <GroupsTable series={series} hrefOf={({ id }) => hrefOrNull(groupFilter(query.groupBy, id, wholeSpan))} />
            </Card>
          )
        )}
      </div>
    </Hydrated>
  );
}

function hrefOrNull(filter: ReturnType<typeof groupFilter>): string | null {
  return filter && requestsHref(filter);
}

type ControlsProps = { query: UsageQuery; series: UsageSeries; timeZone: string; now: Date; errors: ReadonlyMap<string, string> };

function Controls({ query, series, timeZone, now, errors }: ControlsProps) {
  const span = usageSpan(query, now, timeZone);
  const days = span.kind === "days" ? span : usageSpan({ range: "today", days: null }, now, timeZone);
  const buckets = bucketsOf(span.kind === "hour" ? 0 : countDays(span));
  const isCustom = query.days !== null;
  const keep = Object.fromEntries(usageParams({ ...query, range: "7d", days: null, bucket: null }));
  return (
    <div className="grid gap-3">
      <TimeRange
        label="Range"
        zone={timeZone}
        options={USAGE_RANGES.map((range) => ({
          label: RANGE_WORDS[range],
          href: usageHref({ ...query, range, days: null, bucket: null }),
          current: !isCustom && query.range === range,
        }))}
        custom={{
          action: USAGE_PATH,
          ...(days.kind === "days" ? { from: days.from, to: days.to } : { from: "", to: "" }),
          keep,
          current: isCustom || errors.has("from") || errors.has("to"),
          errors: Object.fromEntries([...errors].filter(([param]) => param === "from" || param === "to")),
        }}
      />
      <div className="flex flex-wrap gap-x-6 gap-y-3">
        <SegmentedLinks
          label="Show"
          showLabel
          options={USAGE_MEASURES.map((measure) => ({
            label: MEASURE_WORDS[measure],
            href: usageHref({ ...query, measure }),
            current: query.measure === measure,
          }))}
        />
        <SegmentedLinks
          label="Group by"
          showLabel
          options={USAGE_DIMENSIONS.map((groupBy) => ({
            label: GROUP_WORDS[groupBy],
            href: usageHref({ ...query, groupBy }),
            current: query.groupBy === groupBy,
          }))}
        />
        {buckets.length > 1 && (
          <SegmentedLinks
            label="A bar per"
            showLabel
            options={buckets.map((bucket) => ({
              label: BUCKET_WORDS[bucket],
              href: usageHref({ ...query, bucket }),
              current: series.bucket === bucket,
            }))}
          />
        )}
      </div>
    </div>
  );
}

/** Those that give a readable number of bars. */
function bucketsOf(days: number): UsageBucket[] {
  if (days === 0) return ["minute"];
  const fitting: Record<Exclude<UsageBucket, "minute">, boolean> = { hour: days <= 7, day: days > 1 && days <= 92, month: days > 31 };
  return (["hour", "day", "month"] as const).filter((bucket) => fitting[bucket]);
}

function Totals({ total }: { total: UsageFigures }) {
  const { tokens, onPlans } = total;
  return (
    <StatRow>
      <Stat label="Spent" value={<Money usd={total.spentUsd} />} note="from the wallet" />
      <Stat
        label="Requests"
        value={WHOLE.format(total.requests)}
        note={total.failed > 0 && `${WHOLE.format(total.failed)} failed or refused`}
      />
      <Stat
        label="Input tokens"
        value={WHOLE.format(tokens.freshInput + tokens.cachedInput + tokens.cacheWrite)}
        note={
          allTokens(tokens) > 0 &&
          `${WHOLE.format(tokens.cachedInput)} cached${tokens.cacheWrite > 0 ? `, ${WHOLE.format(tokens.cacheWrite)} written` : ""}`
        }
      />
      <Stat
        label="Output tokens"
        value={WHOLE.format(tokens.output)}
        note={tokens.reasoning > 0 && `${WHOLE.format(tokens.reasoning)} of them reasoning`}
      />
      {onPlans.requests > 0 && <Stat label="On your ChatGPT plans" value={<Money usd={onPlans.worthUsd} />} note={planWords(onPlans)} />}
    </StatRow>
  );
}

/** Worth as much as the wallet would have charged, and only as far as it could have answered. */
function planWords({ requests, unpriced }: UsageFigures["onPlans"]): string {
  const all = `${WHOLE.format(requests)} ${requests === 1 ? "request" : "requests"}`;
  if (unpriced === 0) return `the wallet's price for ${all}`;
  return `the wallet's price for ${WHOLE.format(requests - unpriced)} of ${all}: it does not sell the models of the others`;
}
