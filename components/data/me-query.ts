import { queryOptions } from "@tanstack/react-query";

/** The answer of `GET /api/v1/me`. */
export type Me = {
  user: { id: string; username: string; role: "customer" | "admin" };
  wallet: { availableUsd: string; heldUsd: string };
};

const REFRESH_MS = 5_000;

/** The viewer's own balance moves while they look: every request that runs holds and then settles some of it. */
export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: async ({ signal }): Promise<Me> => {
    const response = await fetch("/api/v1/me", { signal });
    if (!response.ok) throw new Error(`/api/v1/me answered ${response.status}`);
    return (await response.json()) as Me;
  },
  refetchInterval: REFRESH_MS,
  staleTime: REFRESH_MS,
});
