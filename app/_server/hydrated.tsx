import { dehydrate, HydrationBoundary, QueryClient, type QueryKey } from "@tanstack/react-query";
import type { ReactNode } from "react";

/** What the server has just read is what the first paint shows, and what a screen shows again after an action. */
export function Hydrated({ data, children }: { data: readonly { queryKey: QueryKey; value: unknown }[]; children: ReactNode }) {
  const client = new QueryClient();
  for (const { queryKey, value } of data) client.setQueryData(queryKey, value);
  return <HydrationBoundary state={dehydrate(client)}>{children}</HydrationBoundary>;
}
