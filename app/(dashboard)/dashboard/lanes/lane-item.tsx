"use client";

import { ChevronDown, ChevronUp } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { ActionButton } from "@/app/(dashboard)/dashboard/lanes/action-button";
import type { Sorting } from "@/app/(dashboard)/dashboard/lanes/sortable-lanes";
import { checkNowAction, moveLaneAction, setLaneStateAction } from "@/app/(dashboard)/dashboard/lanes/actions";
import type { LaneWords } from "@/components/lanes/lane-words";
import { laneVia } from "@/components/lanes/lane-via";
import { lineWords } from "@/components/lanes/line-words";
import { SpillToday } from "@/components/lanes/spill-today";
import { WindowMeters } from "@/components/lanes/window-meters";
import { Badge } from "@/components/ui/badge";
import { buttonClass } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { TimeAhead } from "@/components/ui/time-ahead";
import type { LaneView } from "@/lib/lanes/read";

type Props = {
  lane: LaneView;
  words: LaneWords;
  /** How many lanes there are. */
  count: number;
  hasCodexAbove: boolean;
  spillMax: number;
  sorting: Sorting;
};

const KINDS: Record<LaneView["kind"], string> = { codex: "ChatGPT account", api_key: "API key", wallet: "Prepaid credit" };

export function LaneItem({ lane, words, count, hasCodexAbove, spillMax, sorting }: Props) {
  const { id, label, kind, position, account } = lane;
  const { hang, style, isDragged, handle } = sorting;
  const line = lineWords(account?.line ?? null);
  const needsSignIn = kind === "codex" && (lane.state === "signed_out" || lane.state === "signing_in");
  return (
    <li
      ref={hang}
      style={style}
      className={cn("rounded-lg border border-line bg-panel p-4 sm:p-5", isDragged && "relative z-10 shadow-overlay")}
    >
      <div className="flex gap-3 sm:gap-4">
        <Order id={id} label={label} position={position} count={count} handle={handle} />
        <div className="grid min-w-0 flex-1 content-start gap-3">
          <div>
            <div className="flex flex-wrap items-baseline gap-x-3 gap-y-1">
              <h2 className="text-base font-semibold wrap-anywhere">{label}</h2>
              <Badge tone={words.tone}>{words.word}</Badge>
              {line && <span className="numeric text-sm text-muted">{line}</span>}
              {words.until && (
                <span className="text-sm text-muted">
                  opens <TimeAhead iso={words.until} over="with the next request" />
                </span>
              )}
            </div>
            <p className="text-sm text-muted wrap-anywhere">{[...new Set([KINDS[kind], laneVia(lane)])].join(" · ")}</p>
            {words.sentence && <p className="mt-1 text-sm wrap-anywhere">{words.sentence}</p>}
          </div>
          {account && account.windows.length > 0 && <WindowMeters windows={account.windows} />}
          {lane.closedModels.length > 0 && (
            <ul className="text-sm">
              {lane.closedModels.map(({ model, until }) => (
                <li key={model}>
                  <span className="font-medium">{model}</span> is used up here; it opens{" "}
                  <TimeAhead iso={until} over="with the next request" />
                </li>
              ))}
            </ul>
          )}
          {hasCodexAbove && kind !== "codex" && <SpillToday spill={lane.spillToday} max={spillMax} />}
          <div className="flex flex-wrap items-center gap-2">
            {needsSignIn && (
              <Link href={`/dashboard/lanes/${id}`} className={buttonClass("primary")}>
                {lane.state === "signing_in" ? "Go on with the sign-in" : "Sign in"}
                <span className="sr-only"> to {label}</span>
              </Link>
            )}
            <Link href={`/dashboard/lanes/${id}`} className={buttonClass()}>
              Details<span className="sr-only"> of {label}</span>
            </Link>
            {kind === "codex" && !needsSignIn && (
              <ActionButton action={checkNowAction} fields={{ laneId: id }} label={`Check now: ${label}`}>
                Check now
              </ActionButton>
            )}
            {lane.state === "paused" ? (
              <ActionButton action={setLaneStateAction} fields={{ laneId: id, to: "ready" }} label={`Resume ${label}`}>
                Resume
              </ActionButton>
            ) : (
              <ActionButton action={setLaneStateAction} fields={{ laneId: id, to: "paused" }} label={`Pause ${label}`}>
                Pause
              </ActionButton>
            )}
          </div>
        </div>
      </div>
    </li>
  );
}

/** Buttons, and not only dragging: they work with a keyboard, with a screen reader, and before JavaScript loads. */
function Order({ id, label, position, count, handle }: { id: string; label: string; position: number; count: number; handle: ReactNode }) {
  return (
    <div className="grid w-target shrink-0 content-start justify-items-center">
      <ActionButton
        action={moveLaneAction}
        fields={{ laneId: id, position: String(position - 1) }}
        label={position === 1 ? `${label} is the first already` : `Move ${label} up, to number ${position - 1}`}
        look="quiet"
        disabled={position === 1}
        className="px-3"
      >
        <ChevronUp aria-hidden size={18} />
      </ActionButton>
      <span className="numeric text-lg font-semibold">{position}</span>
      <ActionButton
        action={moveLaneAction}
        fields={{ laneId: id, position: String(position + 1) }}
        label={position === count ? `${label} is the last already` : `Move ${label} down, to number ${position + 1}`}
        look="quiet"
        disabled={position === count}
        className="px-3"
      >
        <ChevronDown aria-hidden size={18} />
      </ActionButton>
      {handle}
    </div>
  );
}
