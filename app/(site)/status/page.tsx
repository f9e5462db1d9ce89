import { Rss } from "lucide-react";
import type { Metadata } from "next";
import Link from "next/link";
import { readShownStatus } from "@/app/_server/read-shown-status";
import { SitePage } from "@/components/site/site-page";
import { SiteSection } from "@/components/site/site-section";
import { StatusBars } from "@/components/site/status-bars";
import { Badge } from "@/components/ui/badge";
import { buttonClass } from "@/components/ui/button";
import { Callout } from "@/components/ui/callout";
import { LocalTime } from "@/components/ui/local-time";
import { STATUS_DAYS, type ComponentStatus, type StatusView } from "@/lib/status/read";

export const metadata: Metadata = {
  title: "Status",
  description: "What the probes of the last 90 days found, and incidents with their times.",
  alternates: { canonical: "/status", types: { "application/rss+xml": "/status/feed.xml" } },
};

const STATES = {
  working: { word: "Working", tone: "good" },
  down: { word: "Disrupted", tone: "bad" },
  unknown: { word: "Not probed lately", tone: "neutral" },
} as const;

export default async function StatusPage() {
  const status = await readShownStatus();
  return (
    <SitePage title="Status" lead="Found by probes of our own, about once a minute. Nobody edits it.">
      <Overall status={status} />

      <section className="rounded-lg border border-line bg-panel" aria-label="Components">
        <ul>
          {status.components.map((component) => (
            <ComponentItem key={component.id} component={component} />
          ))}
        </ul>
      </section>

      <SiteSection
        title="Incidents"
        lead={`Of the last ${STATUS_DAYS} days. One is opened after three failed probes in a row, and closed after three good ones.`}
      >
        {status.incidents.length === 0 ? (
          <p className="text-muted">None.</p>
        ) : (
          <ol className="grid gap-6">
            {status.incidents.map(({ id, name, summary, startedAt, resolvedAt }) => (
              <li key={id} id={id} className="scroll-mt-6 border-t border-line pt-4">
                <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
                  <span className="font-semibold">{name}</span>
                  {resolvedAt === null ? <Badge tone="bad">Not over</Badge> : <Badge tone="good">Resolved</Badge>}
                </p>
                <p className="mt-1 text-pretty">{summary}</p>
                <p className="mt-1 text-sm text-muted">
                  From <LocalTime iso={startedAt} />
                  {resolvedAt !== null && (
                    <>
                      {" "}
                      to <LocalTime iso={resolvedAt} />
                    </>
                  )}
                </p>
              </li>
            ))}
          </ol>
        )}
        <Link href="/status/feed.xml" prefetch={false} className={`${buttonClass()} mt-6`}>
          <Rss aria-hidden size={16} /> Incidents as RSS
        </Link>
      </SiteSection>
    </SitePage>
  );
}

function Overall({ status }: { status: StatusView }) {
  const down = status.components.filter(({ state }) => state === "down");
  const isUnknown = status.components.some(({ state }) => state === "unknown");
  const [tone, title] =
    down.length > 0
      ? (["bad", `${down.map(({ name }) => name).join(", ")}: disrupted`] as const)
      : isUnknown
        ? (["note", "Not everything was probed in the last hours"] as const)
        : (["good", "Everything that is probed is working"] as const);
  return (
    <Callout tone={tone} title={title}>
      As of <LocalTime iso={status.readAt} />.
    </Callout>
  );
}

function ComponentItem({ component }: { component: ComponentStatus }) {
  const { name, probed, state, days, passedPerTenThousand, latencyMs } = component;
  return (
    <li className="grid gap-3 border-t border-line p-4 first:border-t-0 sm:p-5">
      <div className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1">
        <h2 className="font-semibold">{name}</h2>
        <Badge tone={STATES[state].tone}>{STATES[state].word}</Badge>
        <p className="w-full text-sm text-muted">{probed}</p>
      </div>
      <StatusBars component={component} />
      <p className="numeric text-sm text-muted">
        {passedPerTenThousand === null ? `No probe in ${STATUS_DAYS} days.` : passedWords(days, passedPerTenThousand)}
        {latencyMs !== null && ` Lately they took ${latencyMs < 1 ? "less than 1" : latencyMs} ms on average.`}
      </p>
    </li>
  );
}

/** A share of few probes means little: how many there were is said with it, and on how many days. */
function passedWords(days: ComponentStatus["days"], passedPerTenThousand: number): string {
  const probes = days.reduce((total, day) => total + day.probes, 0);
  const probedDays = days.filter((day) => day.probes > 0).length;
  const on = probedDays === STATUS_DAYS ? `in ${STATUS_DAYS} days` : `on ${probedDays} of ${STATUS_DAYS} days`;
  return `${(passedPerTenThousand / 100).toFixed(2)} % of ${probes.toLocaleString("en-US")} ${probes === 1 ? "probe" : "probes"} ${on} passed.`;
}
