import { queryOptions } from "@tanstack/react-query";
import type { LastUse } from "@/lib/keys/read-last-use";

const REFRESH_MS = 2_000;

/** What one key was used for since `since`, asked for again and again until a request was answered. */
export function lastRequestQuery(keyId: string, since: string) {
  return queryOptions({
    queryKey: ["last-request", keyId, since],
    queryFn: async ({ signal }): Promise<LastUse> => {
      const response = await fetch(`/api/v1/keys/${encodeURIComponent(keyId)}/last-request?since=${encodeURIComponent(since)}`, { signal });
      if (!response.ok) throw new Error(`the last request of ${keyId} answered ${response.status}`);
      return (await response.json()) as LastUse;
    },
    // An answer that failed is followed by another try, and the page should say when that one succeeds.
    refetchInterval: ({ state }) => (state.data?.firstCompleted ? false : REFRESH_MS),
    staleTime: REFRESH_MS,
  });
}
