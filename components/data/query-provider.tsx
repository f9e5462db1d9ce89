"use client";

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { meQuery, type Me } from "@/components/data/me-query";

/** `me` is what the server has just read: the first paint shows it, and no request repeats it. */
export function QueryProvider({ me, children }: { me: Me; children: ReactNode }) {
  const [client] = useState(() => {
    const created = new QueryClient({ defaultOptions: { queries: { retry: 1 } } });
    created.setQueryData(meQuery.queryKey, me);
    return created;
  });
  return <QueryClientProvider client={client}>{children}</QueryClientProvider>;
}
