import type { Tx } from "@/db/client";
import { auditLog } from "@/db/schema/operations";
import type { Actor } from "@/lib/access/viewer";
import { actorName } from "@/lib/audit/actor-name";
import { newId } from "@/lib/ids/ids";

/** Never a secret; money as a decimal string. */
export type AuditFields = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

export type AuditEntry = {
  actor: Actor;
  /** `<noun>.<verb>`: `key.revoke`. */
  action: string;
  /** The id of the row that it was done to. */
  subject: string;
  before?: AuditFields;
  after?: AuditFields;
  note?: string;
};

/** Written in the transaction of the change itself: neither exists without the other. */
export async function recordAudit(tx: Tx, entry: AuditEntry): Promise<void> {
  await tx.insert(auditLog).values({
    id: newId("aud"),
    actor: actorName(entry.actor),
    action: entry.action,
    subject: entry.subject,
    before: entry.before,
    after: entry.after,
    note: entry.note,
    address: entry.actor.kind === "user" ? entry.actor.address : undefined,
  });
}
