import type { Orm, Tx } from "@/db/client";
import { failWithDriverErrors } from "@/db/driver-error";

/** The only place that opens a transaction. No network, stream or sleep inside `run`. */
export function withTransaction<T>(orm: Orm, run: (tx: Tx) => Promise<T>): Promise<T> {
  return orm.transaction((tx) => run(failWithDriverErrors(tx)));
}
