import type { Metadata } from "next";
import { visibleLane } from "@/app/_server/own-lane";
import { requireViewer } from "@/app/_server/session";
import { EventsTable } from "@/components/lanes/events-table";
import { IsolationFacts } from "@/components/lanes/isolation-facts";
import { NeverShared } from "@/components/lanes/never-shared";
import { BackLink } from "@/components/ui/back-link";
import { Card } from "@/components/ui/card";
import { EmptyState } from "@/components/ui/empty-state";
import { Facts } from "@/components/ui/facts";
import { LocalTime } from "@/components/ui/local-time";
import { notFound } from "next/navigation";
import { EGRESS_HOSTS } from "@/lib/codex/egress-hosts";
import { readEvidence } from "@/lib/codex/read-evidence";
import { readAccountHistory } from "@/lib/codex/read-history";
import { runtime } from "@/lib/runtime/runtime";

export const metadata: Metadata = { title: "Evidence" };

const EVENTS_SHOWN = 100;

/** What stands behind "one account, one container, one owner", read and counted at this moment. Admins see everybody's. */
export default async function EvidencePage({ params }: { params: Promise<{ laneId: string }> }) {
  const viewer = await requireViewer();
  const { laneId } = await params;
  const { ownerId, lane } = await visibleLane(viewer, laneId);
  if (!lane.account) notFound();
  const { db, clock } = runtime();
  const accountId = lane.account.id;
  const [evidence, { events }] = await Promise.all([
    readEvidence(db.orm, viewer, { accountId }),
    readAccountHistory(db.orm, viewer, { accountId, since: clock.now(), eventsMax: EVENTS_SHOWN }),
  ]);
  const { container, lease, consents } = evidence;
  const isOwn = ownerId === viewer.userId;
  return (
    <div className="mx-auto grid max-w-3xl gap-4">
      <BackLink href={isOwn ? `/dashboard/lanes/${laneId}` : "/admin/lanes"}>{isOwn ? lane.label : "Lanes of everybody"}</BackLink>
      <div>
        <h1 className="text-xl font-semibold wrap-anywhere">Evidence for {lane.label}</h1>
        <p className="text-sm text-muted">
          One ChatGPT account, one container, one owner. Everything here was read when this page was opened.
        </p>
      </div>
      <NeverShared result={evidence.neverShared} />
      <Card title="Container">
        <Facts
          rows={[
            { name: "Name", value: <Mono text={container.name} /> },
            { name: "Id", value: <Mono text={container.instance} /> },
            { name: "State", value: container.state === "none" ? "none: nothing was started yet" : container.state },
            { name: "Running since", value: container.startedAt ? <LocalTime iso={container.startedAt} /> : "–" },
            { name: "Host", value: <Mono text={evidence.host} /> },
            { name: "Home on disk", value: container.homeBytes === null ? "not measured yet" : bytes(container.homeBytes) },
            { name: "Codex CLI", value: evidence.codexVersion ?? "–" },
            { name: "Digest of the binary", value: <Mono text={evidence.binaryDigest} /> },
            {
              name: "Digest of the image",
              value: evidence.imageDigest ? <Mono text={evidence.imageDigest} /> : "no image: the binary runs by itself",
            },
          ]}
        />
      </Card>
      <Card title="Isolation" note="What the runner’s driver tried out and found on this host, not what it is meant to do.">
        <IsolationFacts driver={evidence.driver} isolation={evidence.isolation} />
      </Card>
      <Card title="Way out" note="The only names that the container can reach, by a proxy that knows this account and its fence.">
        <ul className="grid gap-1 text-sm">
          {EGRESS_HOSTS.map((host) => (
            <li key={host}>
              <code className="font-mono text-xs">{host}:443</code>
            </li>
          ))}
        </ul>
      </Card>
      <Card title="Who drives it">
        <Facts
          rows={[
            { name: "Fence", value: <span className="numeric">{evidence.fence}</span> },
            { name: "Runner", value: <Mono text={lease?.runnerId ?? null} /> },
            {
              name: "Lease",
              value: lease ? (
                <>
                  {lease.isLive ? "until" : "ran out at"} <LocalTime iso={lease.expiresAt} />
                </>
              ) : (
                "none: nobody drives it now"
              ),
            },
            { name: "Last sign-in", value: evidence.signedInAt ? <LocalTime iso={evidence.signedInAt} /> : "never" },
            ...consents.map(({ textVersion, words, address, createdAt }) => ({
              name: "Declared",
              value: (
                <>
                  <LocalTime iso={createdAt} />, words of {textVersion}
                  {address && `, from ${address}`}
                  {words && <Words statements={words} />}
                </>
              ),
            })),
          ]}
        />
      </Card>
      <Card title="Events" aside={events.length === EVENTS_SHOWN && `The newest ${EVENTS_SHOWN}`}>
        {events.length > 0 ? <EventsTable rows={events} /> : <EmptyState title="Nothing has happened yet" />}
      </Card>
    </div>
  );
}

function Words({ statements }: { statements: readonly string[] }) {
  return (
    <details>
      <summary className="inline-flex min-h-target cursor-pointer items-center text-muted underline underline-offset-2 hover:text-ink">
        What was declared
      </summary>
      <ul className="grid list-disc gap-1 ps-4">
        {statements.map((statement) => (
          <li key={statement}>{statement}</li>
        ))}
      </ul>
    </details>
  );
}

function Mono({ text }: { text: string | null }) {
  return text ? <code className="font-mono text-xs">{text}</code> : "–";
}

const MIB = 1024 * 1024;

function bytes(count: number): string {
  return `${(count / MIB).toFixed(1)} MiB`;
}
