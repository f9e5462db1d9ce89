import { queryOptions } from "@tanstack/react-query";
import type { SignInView } from "@/lib/codex/read-sign-in";

const REFRESH_MS = 2_000;

export function isRunning(signIn: SignInView | null | undefined): boolean {
  return signIn?.state === "starting" || signIn?.state === "waiting";
}

/** The newest sign-in of one lane, null before the first; asked again and again only while it runs. */
export function signInQuery(laneId: string) {
  return queryOptions({
    queryKey: ["sign-in", laneId],
    queryFn: async ({ signal }): Promise<SignInView | null> => {
      const response = await fetch(`/api/v1/lanes/${encodeURIComponent(laneId)}/sign-in`, { signal });
      if (!response.ok) throw new Error(`the sign-in of ${laneId} answered ${response.status}`);
      return ((await response.json()) as { signIn: SignInView | null }).signIn;
    },
    refetchInterval: ({ state }) => (isRunning(state.data) ? REFRESH_MS : false),
    staleTime: REFRESH_MS,
  });
}
