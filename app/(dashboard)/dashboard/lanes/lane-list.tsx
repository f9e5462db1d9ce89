"use client";

import { useQuery } from "@tanstack/react-query";
import { LaneItem } from "@/app/(dashboard)/dashboard/lanes/lane-item";
import { SortableLanes } from "@/app/(dashboard)/dashboard/lanes/sortable-lanes";
import { lanesQuery } from "@/components/data/lanes-query";
import { meQuery } from "@/components/data/me-query";
import { laneWords } from "@/components/lanes/lane-words";

/** The viewer's own lanes in their order, as they are now. */
export function LaneList({ spillMax }: { spillMax: number }) {
  const { data: lanes, isError } = useQuery(lanesQuery);
  const { data: me } = useQuery(meQuery);
  if (!lanes || !me) return null;
  const { rows, codexOn } = lanes;
  return (
    <>
      {isError && <p className="text-sm text-warn">Not up to date: the last refresh failed.</p>}
      <SortableLanes lanes={rows}>
        {(lane, sorting) => (
          <LaneItem
            lane={lane}
            sorting={sorting}
            words={laneWords(lane, { wallet: me.wallet, codexOn })}
            count={rows.length}
            hasCodexAbove={rows.some(({ kind, position }) => kind === "codex" && position < lane.position)}
            spillMax={spillMax}
          />
        )}
      </SortableLanes>
    </>
  );
}
