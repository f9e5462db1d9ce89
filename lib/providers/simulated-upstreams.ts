import { eq } from "drizzle-orm";
import type { Reader } from "@/db/client";
import { providers } from "@/db/schema/providers";

/** `host:port` of the simulators that this installation's own providers lead to. */
export async function simulatedUpstreams(reader: Reader): Promise<string[]> {
  const rows = await reader.select({ baseUrl: providers.baseUrl }).from(providers).where(eq(providers.simulated, true));
  return rows.map(({ baseUrl }) => {
    const { hostname, port, protocol } = new URL(baseUrl);
    return `${hostname}:${port || (protocol === "https:" ? "443" : "80")}`;
  });
}
