import Link from "next/link";
import type { ReactNode } from "react";
import { outcomeNote } from "@/components/dashboard/outcome-note";
import { decisionWords } from "@/components/requests/decision-words";
import { durationWords } from "@/components/requests/duration-words";
import { splitOwnAddresses } from "@/components/requests/own-addresses";
import { OutcomeBadge } from "@/components/requests/outcome-badge";
import { Waterfall } from "@/components/requests/waterfall";
import { Badge } from "@/components/ui/badge";
import { Banner } from "@/components/ui/banner";
import { CopyButton } from "@/components/ui/copy-button";
import { Facts } from "@/components/ui/facts";
import { LocalTime } from "@/components/ui/local-time";
import { Money } from "@/components/ui/money";
import { projectName } from "@/lib/gateway/project-id";
import { parseUsd } from "@/lib/money/micro-usd";
import type { RequestDetail as Detail } from "@/lib/requests/read-detail";

/** Addresses of the list with one more condition; `null`: there is no such list here. */
export type DetailLinks = { keyHref: string | null; laneHref: string | null; projectHref: string | null; threadHref: string | null };

type Props = {
  request: Detail;
  links: DetailLinks;
  /** Of this installation: what begins with it in an error text leads there. */
  publicUrl: string;
};

/** Everything about one request. What it asked and what was answered is not kept, so it is not here. */
export function RequestDetail({ request, links, publicUrl }: Props) {
  const note = outcomeNote(request);
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-6 text-sm wrap-anywhere">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <OutcomeBadge outcome={request.outcome} />
        <span className="numeric text-muted">status {request.status}</span>
        {request.estimated && <Badge tone="warn">usage estimated</Badge>}
      </div>
      {note && (
        <Banner tone={request.outcome === "failed" || request.outcome === "refused" ? "bad" : "warn"}>
          <p>
            <Note text={note} publicUrl={publicUrl} />
          </p>
          {request.errorCode && <p className="mt-1 text-xs">As the client saw it, with the code {request.errorCode}.</p>}
        </Banner>
      )}
      <Facts rows={factsOf(request, links)} />
      <Part title="Lanes" note="In your order, as they stood when the request came.">
        <Decisions decisions={request.decisions} />
      </Part>
      {request.attempts.length > 0 && (
        <Part title="Time" note={`${durationWords(request.durationMs)} in all.`}>
          <Waterfall attempts={request.attempts} durationMs={request.durationMs} />
        </Part>
      )}
      <Part title="Tokens and cost">
        <Cost request={request} />
      </Part>
      {request.transfers.length > 0 && (
        <Part title="Hold and settlement">
          <Transfers request={request} />
        </Part>
      )}
      {request.edits.length > 0 && (
        <Part title="Changed on the way" note="What was edited in the body before it was sent on.">
          <ul className="grid gap-1">
            {request.edits.map((edit) => (
              <li key={edit} className="wrap-anywhere">
                {edit}
              </li>
            ))}
          </ul>
        </Part>
      )}
    </div>
  );
}

function Note({ text, publicUrl }: { text: string; publicUrl: string }) {
  return splitOwnAddresses(text, publicUrl).map(({ text: part, path }, at) =>
    path === null ? (
      part
    ) : (
      <Link key={at} href={path} prefetch={false} className="underline underline-offset-2">
        {part}
      </Link>
    ),
  );
}

function Part({ title, note, children }: { title: string; note?: string; children: ReactNode }) {
  return (
    <section>
      <h2 className="font-semibold">{title}</h2>
      {note && <p className="mb-2 text-muted">{note}</p>}
      <div className={note ? undefined : "mt-2"}>{children}</div>
    </section>
  );
}

function factsOf(request: Detail, links: DetailLinks) {
  const { labels } = request;
  const kind = [labels.requestKind, labels.threadSource, labels.subagent].filter(Boolean).join(", ");
  const rows: { name: string; value: ReactNode }[] = [
    {
      name: "Id",
      value: (
        <span className="flex flex-wrap items-center gap-x-2">
          <code className="font-mono text-xs wrap-anywhere">{request.id}</code>
          <span className="-my-3">
            <CopyButton text={request.id} what="the id of the request" />
          </span>
        </span>
      ),
    },
    { name: "Started", value: <LocalTime iso={request.startedAt} /> },
    { name: "Call", value: `${request.method} ${request.path}${request.stream ? ", streamed" : ""}` },
    {
      name: "Model",
      value: `${request.model ?? "none named"}${request.servedModel && request.servedModel !== request.model ? `, served as ${request.servedModel}` : ""}`,
    },
    {
      name: "Lane",
      value: <Linked href={links.laneHref}>{request.lane ? (request.lane.label ?? `${request.lane.kind} (removed)`) : "none"}</Linked>,
    },
    { name: "Key", value: <Linked href={links.keyHref}>{request.keyName}</Linked> },
    { name: "Client", value: request.client === "codex" ? "Codex" : "any other" },
  ];
  if (request.firstContentMs !== null) rows.push({ name: "First token", value: `after ${durationWords(request.firstContentMs)}` });
  if (request.queuedMs !== null) rows.push({ name: "In line", value: durationWords(request.queuedMs) });
  if (request.spillReason) rows.push({ name: "Taken over", value: `from the Codex lanes above: ${request.spillReason}` });
  if (kind) rows.push({ name: "Kind", value: kind.replaceAll("_", " ") });
  if (request.projectId) rows.push({ name: "Project", value: <Linked href={links.projectHref}>{projectName(request.projectId)}</Linked> });
  if (labels.threadId) rows.push({ name: "Session", value: <Linked href={links.threadHref}>{labels.threadId}</Linked> });
  return rows;
}

function Linked({ href, children }: { href: string | null; children: ReactNode }) {
  if (href === null) return children;
  return (
    <Link href={href} className="underline underline-offset-2 hover:text-accent">
      {children}
    </Link>
  );
}

function Decisions({ decisions }: Pick<Detail, "decisions">) {
  if (decisions.length === 0) return <p className="text-muted">It was refused before any lane was looked at.</p>;
  return (
    <ol className="grid gap-2">
      {decisions.map((decision, at) => {
        const { verb, why, evidence } = decisionWords(decision);
        return (
          <li
            key={`${decision.laneId} ${at}`}
            className="border-l-2 border-line pl-3 data-answered:border-accent"
            data-answered={decision.decision === "answered" || undefined}
          >
            <span className="font-medium wrap-anywhere">{decision.label}</span> {verb}
            {why && `: ${why}`}
            {evidence && evidence !== why && <span className="block text-xs text-muted wrap-anywhere">{evidence}</span>}
          </li>
        );
      })}
    </ol>
  );
}

const WHOLE = new Intl.NumberFormat("en-US");

function Cost({ request }: { request: Detail }) {
  const { bill, tokens } = request;
  const counted = [
    ["Fresh input", tokens.freshInput],
    ["Cached input", tokens.cachedInput],
    ["Cache write", tokens.cacheWrite],
    ["Output", tokens.output],
    ["of it reasoning", tokens.reasoning],
  ] as const;
  if (bill === null) {
    return (
      <>
        <Facts rows={counted.filter(([, count]) => count > 0).map(([name, count]) => ({ name, value: `${WHOLE.format(count)} tokens` }))} />
        <p className="mt-2 text-muted">
          Charged to the wallet: nothing.
          {request.costOnWalletUsd !== null && (
            <>
              {" "}
              On the wallet it would have cost <Money usd={request.costOnWalletUsd} />.
            </>
          )}
        </p>
      </>
    );
  }
  return (
    <div>
      <table className="w-full text-left">
        <caption className="sr-only">How the cost adds up</caption>
        <thead className="text-xs text-muted">
          <tr>
            <th className="py-1 pr-3 font-medium">What</th>
            <th className="py-1 pr-3 text-right font-medium">Count</th>
            <th className="py-1 pr-3 text-right font-medium">Rate</th>
            <th className="py-1 text-right font-medium">USD</th>
          </tr>
        </thead>
        <tbody className="numeric">
          {bill.lines.map((line) => (
            <tr key={line.what} className="border-t border-line">
              <td className="py-1 pr-3">{line.what}</td>
              <td className="py-1 pr-3 text-right">{WHOLE.format(line.count)}</td>
              <td className="py-1 pr-3 text-right">
                <Money usd={line.rateUsd} />
                {line.what === "web search" ? " a call" : " / 1M"}
              </td>
              <td className="py-1 text-right">{line.usd}</td>
            </tr>
          ))}
          <tr className="border-t border-line font-medium">
            <td className="py-1 pr-3" colSpan={3}>
              Charged, rounded up to the micro-dollar
            </td>
            <td className="py-1 text-right">
              <Money usd={request.costUsd} aligned />
            </td>
          </tr>
        </tbody>
      </table>
      <p className="mt-2 text-xs text-muted">
        Price of {bill.price.model}, version {bill.price.version}
        {tokens.reasoning > 0 && `; ${WHOLE.format(tokens.reasoning)} of the output tokens are reasoning`}
        {bill.computedUsd !== request.costUsd &&
          `. The lines come to $${bill.computedUsd}: usage was lost or the hold was the most that could be charged`}
        .
      </p>
    </div>
  );
}

const TRANSFERS: Record<string, string> = {
  hold: "Held before it was sent",
  settle: "Settled at what it cost: the rest came back",
  void: "Given back: nothing was used",
  expire: "Settled after its process had gone",
  late_usage: "Corrected when the usage came late",
  adjustment: "Adjusted",
};

function Transfers({ request }: { request: Detail }) {
  return (
    <ul className="grid gap-2">
      {request.transfers.map((transfer) => (
        <li key={transfer.id}>
          <div className="flex flex-wrap justify-between gap-x-3">
            <span>{TRANSFERS[transfer.kind] ?? transfer.kind}</span>
            {transfer.availableUsd !== null && (
              <span>
                {parseUsd(transfer.availableUsd) > 0n && "+"}
                <Money usd={transfer.availableUsd} aligned />
              </span>
            )}
          </div>
          <span className="block text-xs text-muted wrap-anywhere">
            <LocalTime iso={transfer.at} /> · {transfer.id}
          </span>
        </li>
      ))}
    </ul>
  );
}
