import { listProviders } from "@/lib/providers/read";
import type { Office } from "@/workers/admin/office";

/** Private upstreams that may be named: those of the settings, and in a simulation the simulator. */
export async function allowedUpstreams(office: Office): Promise<string[]> {
  const providers = await listProviders(office.database.orm, office.viewer);
  const simulators = providers.filter((provider) => provider.simulated).map((provider) => hostAndPort(provider.baseUrl));
  return [...office.config.upstreamAllow, ...simulators];
}

export function hostAndPort(url: string): string {
  const { hostname, port, protocol } = new URL(url);
  return `${hostname}:${port || (protocol === "https:" ? "443" : "80")}`;
}
