import { WAYS, type Way } from "@/lib/codex/setup-guide";

/** Where the key comes from: made here, an own one typed in, or a helper that fetches short-lived ones. */
const SOURCES = ["make", "paste", "helper"] as const;
export type Source = (typeof SOURCES)[number];

/** What the address says; anything else is the first of each. */
export type SetupChoice = { source: Source; way: Way };

type Query = Record<string, string | string[] | undefined>;

export function readSetupChoice(query: Query): SetupChoice {
  const one = (name: string) => [query[name]].flat()[0];
  return {
    source: SOURCES.find((known) => known === one("key")) ?? "make",
    way: WAYS.find((known) => known === one("way")) ?? "permanent",
  };
}

export function setupHref({ source, way }: SetupChoice): string {
  const query = new URLSearchParams({ ...(source !== "make" && { key: source }), ...(way !== "permanent" && { way }) });
  return `/dashboard/setup${query.size > 0 ? `?${query}` : ""}`;
}
