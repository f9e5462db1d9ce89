import { queryOptions } from "@tanstack/react-query";
import type { LaneView } from "@/lib/lanes/read";

/** The answer of `GET /api/v1/lanes`. */
export type Lanes = {
  /** The operator's switch over all Codex lanes. */
  codexOn: boolean;
  /** In the owner's order. */
  rows: LaneView[];
};

const REFRESH_MS = 5_000;

/** States and windows of the viewer's own lanes move with every request. */
export const lanesQuery = queryOptions({
  queryKey: ["lanes"],
  queryFn: async ({ signal }): Promise<Lanes> => {
    const response = await fetch("/api/v1/lanes", { signal });
    if (!response.ok) throw new Error(`/api/v1/lanes answered ${response.status}`);
    return (await response.json()) as Lanes;
  },
  refetchInterval: REFRESH_MS,
  staleTime: REFRESH_MS,
});
