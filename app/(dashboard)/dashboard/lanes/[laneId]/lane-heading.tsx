"use client";

import { useQuery } from "@tanstack/react-query";
import { lanesQuery } from "@/components/data/lanes-query";
import { meQuery } from "@/components/data/me-query";
import { laneWords } from "@/components/lanes/lane-words";
import { lineWords } from "@/components/lanes/line-words";
import { Badge } from "@/components/ui/badge";
import { TimeAhead } from "@/components/ui/time-ahead";

/** Name and state, as it is now. */
export function LaneHeading({ laneId }: { laneId: string }) {
  const { data: lanes } = useQuery(lanesQuery);
  const { data: me } = useQuery(meQuery);
  const lane = lanes?.rows.find(({ id }) => id === laneId);
  if (!lanes || !lane || !me) return null;
  const line = lineWords(lane.account?.line ?? null);
  const words = laneWords(lane, { wallet: me.wallet, codexOn: lanes.codexOn });
  return (
    <div>
      <div className="flex flex-wrap items-baseline gap-x-3 gap-y-1">
        <h1 className="text-xl font-semibold wrap-anywhere">{lane.label}</h1>
        <Badge tone={words.tone}>{words.word}</Badge>
        {line && <span className="numeric text-sm text-muted">{line}</span>}
        {words.until && (
          <span className="text-sm text-muted">
            opens <TimeAhead iso={words.until} over="with the next request" />
          </span>
        )}
      </div>
      {words.sentence && <p className="text-sm text-muted wrap-anywhere">{words.sentence}</p>}
    </div>
  );
}
