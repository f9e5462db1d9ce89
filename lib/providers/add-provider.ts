import type { Tx } from "@/db/client";
import { providers } from "@/db/schema/providers";
import type { Actor } from "@/lib/access/viewer";
import { recordAudit } from "@/lib/audit/record-audit";
import type { Sealer } from "@/lib/crypto/sealer";
import { AppError } from "@/lib/errors/app-error";
import { newId } from "@/lib/ids/ids";
import { checkUpstream } from "@/lib/providers/check-upstream";
import type { AuthStyle } from "@/lib/providers/provider-target";

export type NewProvider = {
  name: string;
  baseUrl: string;
  authStyle: AuthStyle;
  /** Sent as `api-version` on every call (Azure); null elsewhere. */
  apiVersion: string | null;
  secret: string;
  /** Whether what answers there is made up. It must be what the database is stamped as. */
  simulated: boolean;
  /** `host:port` entries that may be private or plain http. */
  allow: readonly string[];
  sealer: Sealer;
  actor: Actor;
};

const NAME_LENGTH_MAX = 60;

/** Not selectable before a probe has passed. */
export async function addProvider(tx: Tx, input: NewProvider): Promise<{ id: string; name: string }> {
  const name = input.name.trim();
  if (name === "" || name.length > NAME_LENGTH_MAX || /\p{Cc}/u.test(name)) {
    throw new AppError("request_invalid", `A provider needs a name of 1 to ${NAME_LENGTH_MAX} characters.`, { param: "name" });
  }
  if (input.apiVersion !== null && !/^[\w.-]{1,40}$/.test(input.apiVersion)) {
    throw new AppError("request_invalid", "The api-version is a date such as 2025-04-01-preview.", { param: "apiVersion" });
  }
  const { baseUrl, secret, simulated } = await checkUpstream(tx, input);
  if (simulated !== input.simulated) {
    throw new AppError(
      "conflict",
      `This database is ${simulated ? "simulated" : "live"} for good: it takes no ${simulated ? "live" : "simulated"} provider.`,
    );
  }
  const id = newId("prov");
  const { sealed, keyId } = input.sealer.seal(secret, id);
  const { authStyle, apiVersion } = input;
  const added = await tx
    .insert(providers)
    .values({ id, name, baseUrl, authStyle, apiVersion, sealedKey: sealed, sealKeyId: keyId, simulated })
    .onConflictDoNothing()
    .returning({ id: providers.id });
  if (added.length === 0) throw new AppError("conflict", `There is a provider named ${name} already.`, { param: "name" });
  await recordAudit(tx, {
    actor: input.actor,
    action: "provider.add",
    subject: id,
    after: { name, baseUrl, authStyle, apiVersion, simulated, keyLastFour: secret.slice(-4) },
  });
  return { id, name };
}
