import type { Reader } from "@/db/client";
import { checkUpstream } from "@/lib/providers/check-upstream";
import { requireDatabaseMode } from "@/lib/settings/database-mode";

export type OwnUpstream = {
  baseUrl: string;
  /** The customer's own key at that upstream. */
  secret: string;
  /** `host:port` entries that may be private or plain http: the operator's own, which a customer reaches in a simulation only. */
  allow: readonly string[];
};

/** As it may be stored and called; `allow` is what it may really reach beyond public addresses. */
export async function checkOwnUpstream(reader: Reader, input: OwnUpstream): Promise<OwnUpstream> {
  const allow = (await requireDatabaseMode(reader)) === "simulated" ? input.allow : [];
  const { baseUrl, secret } = await checkUpstream(reader, { ...input, allow });
  return { baseUrl, secret, allow };
}
