"use client";

import { useQuery } from "@tanstack/react-query";
import { CircleCheck, CircleDashed, TriangleAlert } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { lastRequestQuery } from "@/components/data/last-request-query";
import { Money } from "@/components/ui/money";
import type { UsedRequest } from "@/lib/keys/read-last-use";

/** Waits for the first request with the chosen key, and says what came of it. */
export function FirstRequest({ keyId, since }: { keyId: string | null; since: string }) {
  return (
    <div aria-live="polite">
      {keyId === null ? (
        <Line icon={<CircleDashed aria-hidden size={20} className="shrink-0 text-muted" />} title="Choose a key first">
          Then this page waits for its first request.
        </Line>
      ) : (
        <Watched keyId={keyId} since={since} />
      )}
    </div>
  );
}

function Watched({ keyId, since }: { keyId: string; since: string }) {
  const { data, isError } = useQuery(lastRequestQuery(keyId, since));
  if (data?.firstCompleted) return <Answered request={data.firstCompleted} />;
  if (data?.request) return <NotAnswered request={data.request} />;
  return (
    <Line
      icon={
        <CircleDashed
          aria-hidden
          size={20}
          className="shrink-0 animate-spin text-accent [animation-duration:3s] motion-reduce:animate-none"
        />
      }
      title={data?.lastUsedAt ? "A request is running …" : "Waiting for the first request with this key …"}
    >
      {isError
        ? "We cannot be asked at the moment; the page goes on trying."
        : "It appears here by itself a moment after Codex has its answer."}
    </Line>
  );
}

function Answered({ request }: { request: UsedRequest }) {
  return (
    <Line icon={<CircleCheck aria-hidden size={20} className="shrink-0 text-good" />} title="We saw your first request">
      {request.model ?? "A call"} through {request.laneLabel ?? "a lane that is gone"}
      {request.laneKind === "wallet" && (
        <>
          {" "}
          for <Money usd={request.costUsd} />
        </>
      )}
      . <RequestLink id={request.id} />
    </Line>
  );
}

function NotAnswered({ request }: { request: UsedRequest }) {
  const isInPart = request.outcome === "incomplete" || request.outcome === "interrupted";
  const how = request.outcome === "completed" ? `with status ${request.status}` : `as ${request.outcome}`;
  return (
    <Line
      icon={<TriangleAlert aria-hidden size={20} className="shrink-0 text-warn" />}
      title={`We saw a request, and it was ${isInPart ? "answered only in part" : "not answered"}`}
    >
      {request.errorText ?? `It ended ${how}.`} Run the command again once that is mended: this page goes on waiting.{" "}
      <RequestLink id={request.id} />
    </Line>
  );
}

function RequestLink({ id }: { id: string }) {
  return (
    <Link href={`/dashboard/requests/${id}`} className="text-accent underline underline-offset-2 wrap-anywhere">
      {id}
    </Link>
  );
}

function Line({ icon, title, children }: { icon: ReactNode; title: string; children: ReactNode }) {
  return (
    <div className="flex gap-3">
      {icon}
      <div className="min-w-0 text-sm">
        <p className="font-medium">{title}</p>
        <p className="text-muted">{children}</p>
      </div>
    </div>
  );
}
