import type { Actor } from "@/lib/access/viewer";

/** As it stands in `audit_log.actor` and `transfers.actor`. */
export function actorName(actor: Actor): string {
  switch (actor.kind) {
    case "user":
      return actor.userId;
    case "operator_cli":
      return "operator_cli";
    case "system":
      return `system:${actor.process}`;
  }
}
