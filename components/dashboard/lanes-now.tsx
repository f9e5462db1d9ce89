"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { lanesQuery } from "@/components/data/lanes-query";
import { meQuery } from "@/components/data/me-query";
import { laneVia } from "@/components/lanes/lane-via";
import { laneWords } from "@/components/lanes/lane-words";
import { WindowMeters } from "@/components/lanes/window-meters";
import { Badge } from "@/components/ui/badge";
import { EmptyState } from "@/components/ui/empty-state";
import { TimeAhead } from "@/components/ui/time-ahead";

/** The viewer's own lanes with their windows: they close and open, and the wallet's turns empty and back, while one looks. */
export function LanesNow() {
  const { data: me } = useQuery(meQuery);
  const { data: lanes } = useQuery(lanesQuery);
  if (!me || !lanes) return null;
  if (lanes.rows.length === 0) return <EmptyState title="No lanes">Without a lane no request can be answered.</EmptyState>;
  return (
    <ol aria-label="Lanes in their order" className="divide-y divide-line">
      {lanes.rows.map((lane) => {
        const { word, tone, until } = laneWords(lane, { wallet: me.wallet, codexOn: lanes.codexOn });
        return (
          <li key={lane.id} className="grid gap-2 py-3 text-sm first:pt-0 last:pb-0">
            <div className="grid grid-cols-[1rem_minmax(0,1fr)_auto] items-baseline gap-x-2">
              <span className="numeric text-muted">{lane.position}</span>
              <Link href={`/dashboard/lanes/${lane.id}`} className="font-medium wrap-anywhere hover:text-accent hover:underline">
                {lane.label}
              </Link>
              <Badge tone={tone}>{word}</Badge>
              <span className="col-start-2 text-muted wrap-anywhere">{laneVia(lane)}</span>
              {until && (
                <span className="col-span-2 col-start-2 text-muted">
                  opens <TimeAhead iso={until} over="with the next request" />
                </span>
              )}
            </div>
            {lane.account && lane.account.windows.length > 0 && (
              <div className="pl-6">
                <WindowMeters windows={lane.account.windows} />
              </div>
            )}
          </li>
        );
      })}
    </ol>
  );
}
