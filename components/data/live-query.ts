import { queryOptions } from "@tanstack/react-query";
import type { LiveView } from "@/lib/requests/read-live";

const REFRESH_MS = 3_000;

/** What runs at this moment. Heartbeats tell how far it has come every five seconds. */
export const liveQuery = queryOptions({
  queryKey: ["live"],
  queryFn: async ({ signal }): Promise<LiveView> => {
    const response = await fetch("/api/v1/usage/live", { signal });
    if (!response.ok) throw new Error(`/api/v1/usage/live answered ${response.status}`);
    return (await response.json()) as LiveView;
  },
  refetchInterval: REFRESH_MS,
  staleTime: REFRESH_MS,
});
