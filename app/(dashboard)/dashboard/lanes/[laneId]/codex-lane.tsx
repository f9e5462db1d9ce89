import Link from "next/link";
import { ActionButton } from "@/app/(dashboard)/dashboard/lanes/action-button";
import { restartContainerAction } from "@/app/(dashboard)/dashboard/lanes/actions";
import { CodexCliNotice } from "@/app/(dashboard)/dashboard/codex-cli-notice";
import { SignInPanel } from "@/app/(dashboard)/dashboard/lanes/[laneId]/sign-in-panel";
import { SignOutForm } from "@/app/(dashboard)/dashboard/lanes/[laneId]/sign-out-form";
import { TurnsForm } from "@/app/(dashboard)/dashboard/lanes/[laneId]/turns-form";
import { WindowsNow } from "@/app/(dashboard)/dashboard/lanes/[laneId]/windows-now";
import { simulatedSignInUrl } from "@/app/_server/simulated-sign-in-url";
import { CapabilityTable } from "@/components/lanes/capability-table";
import { EventsTable } from "@/components/lanes/events-table";
import { Forecast } from "@/components/lanes/forecast";
import { WindowGraph } from "@/components/lanes/window-graph";
import { buttonClass } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { EmptyState } from "@/components/ui/empty-state";
import { LocalTime } from "@/components/ui/local-time";
import type { Viewer } from "@/lib/access/viewer";
import { readForecasts } from "@/lib/codex/read-forecasts";
import type { AccountView } from "@/lib/codex/read";
import { readAccountHistory } from "@/lib/codex/read-history";
import { TURNS_MAX } from "@/lib/codex/set-turns-max";
import { listKeys } from "@/lib/keys/read";
import { listLanes, type LaneView } from "@/lib/lanes/read";
import { runtime } from "@/lib/runtime/runtime";
import { CODEX_FIELDS } from "@/lib/turns/codex-capabilities";
import { CODEX_ITEMS, CODEX_PARTS, CODEX_TOOLS } from "@/lib/turns/codex-content";
import { STOCK_CLI_REFUSALS } from "@/lib/turns/stock-cli";

type Props = { viewer: Viewer; lane: LaneView; account: AccountView };

const HISTORY_DAYS = 7;
const DAY_MS = 86_400_000;
const EVENTS_SHOWN = 10;

export async function CodexLane({ viewer, lane, account }: Props) {
  const { db, clock } = runtime();
  const to = clock.now();
  const since = new Date(to.getTime() - HISTORY_DAYS * DAY_MS);
  const [history, simulatedPageUrl] = await Promise.all([
    readAccountHistory(db.orm, viewer, { accountId: account.id, since, eventsMax: EVENTS_SHOWN }),
    simulatedSignInUrl(),
  ]);
  const { credits, events } = history;
  const forecast = await readForecasts(db.orm, viewer, { accountId: account.id, windows: history.windows, now: to });
  const names = new Map(account.windows.map((window) => [`${window.limitId} ${window.windowMinutes}`, window.limitName]));
  const [keys, lanes] = await Promise.all([
    listKeys(db.orm, viewer, { userId: viewer.userId }),
    listLanes(db.orm, viewer, { userId: viewer.userId }),
  ]);
  return (
    <>
      <CodexCliNotice keys={keys} lanes={lanes} />
      <Card title="ChatGPT account">
        <SignInPanel lane={lane} simulatedPageUrl={simulatedPageUrl} />
        {account.containerState === "failed" && (
          <div className="mt-4 flex flex-wrap items-center gap-2">
            <p className="basis-full text-sm text-warn wrap-anywhere">Its container fails. {account.containerReason}</p>
            <ActionButton action={restartContainerAction} fields={{ laneId: lane.id }}>
              Restart the container
            </ActionButton>
          </div>
        )}
        {account.state === "signed_in" && <SignOutForm laneId={lane.id} />}
      </Card>
      <Card title="Usage windows" note="As OpenAI last reported them. They are your plan’s, whatever you use it with.">
        <WindowsNow laneId={lane.id} />
        <Forecast forecast={forecast} windows={account.windows} />
        {simulatedPageUrl && account.state === "signed_in" && (
          <p className="mt-4 border-t border-line pt-4 text-sm">
            This account is simulated.{" "}
            <a
              href={new URL("/", simulatedPageUrl).href}
              target="_blank"
              rel="noreferrer"
              className="text-accent underline underline-offset-2"
            >
              Use up its windows
            </a>{" "}
            there, and watch the next lane take over. When you have reset them there, choose “Check now” here: nobody tells us of it, as
            OpenAI would not.
          </p>
        )}
        {credits && (
          <p className="mt-4 border-t border-line pt-4 text-sm">
            On-demand credits of this account:{" "}
            <span className="font-medium">
              {credits.state === "no" ? "none" : credits.state === "unlimited" ? "unlimited" : (credits.balance ?? "some")}
            </span>{" "}
            <span className="text-muted">
              (<LocalTime iso={credits.observedAt} />)
            </span>
          </p>
        )}
      </Card>
      {history.windows.length > 0 && (
        <Card title={`The last ${HISTORY_DAYS} days`}>
          <div className="grid gap-6">
            {history.windows.map(({ limitId, windowMinutes, samples }) => (
              <WindowGraph
                key={`${limitId} ${windowMinutes}`}
                window={{ limitId, windowMinutes, limitName: names.get(`${limitId} ${windowMinutes}`) ?? null }}
                samples={samples}
                from={since.toISOString()}
                to={to.toISOString()}
              />
            ))}
          </div>
        </Card>
      )}
      <Card title="Turns at one time" note="More than one uses the windows up faster; the rest waits in line.">
        <TurnsForm laneId={lane.id} turnsMax={account.turnsMax} turnsMost={TURNS_MAX} />
      </Card>
      <Card
        title="What this lane can answer"
        note="Plain model calls of any OpenAI client, with functions as tools. What it cannot do goes on to your own API key, if you have such a lane."
      >
        <p className="mb-3 text-sm">
          Requests of the Codex CLI itself do not take this lane: they bring tools of the CLI’s own kind along. The words in the request log
          are “{STOCK_CLI_REFUSALS.join("” or “")}” Your own API key answers them, if you have such a lane; the wallet does so only for API
          keys that allow it under “Cannot”.
        </p>
        <details>
          <summary className="flex min-h-target cursor-pointer items-center text-sm text-accent underline underline-offset-2">
            The whole table
          </summary>
          <div className="grid gap-6 pt-2">
            <CapabilityTable title="Fields of POST /v1/responses" entries={CODEX_FIELDS.responses} />
            <CapabilityTable title="Fields of POST /v1/chat/completions" entries={CODEX_FIELDS.chat} />
            <CapabilityTable title="Tools" entries={CODEX_TOOLS} />
            <CapabilityTable title="Items of the input" entries={CODEX_ITEMS} />
            <CapabilityTable title="Parts of a message" entries={CODEX_PARTS} />
          </div>
        </details>
      </Card>
      <Card title="Last events">
        {events.length > 0 ? <EventsTable rows={events} /> : <EmptyState title="Nothing has happened yet" />}
        <p className="mt-4">
          <Link href={`/dashboard/lanes/${lane.id}/evidence`} className={buttonClass()}>
            Evidence: container, isolation, never shared
          </Link>
        </p>
      </Card>
    </>
  );
}
