import { remembered } from "@/lib/runtime/remembered";
import { runtime } from "@/lib/runtime/runtime";
import { readStatus, type StatusView } from "@/lib/status/read";

/** Probes run about once a minute: however many visitors come, the database is asked this often. */
const LIFETIME_MS = 5_000;

const status = remembered(LIFETIME_MS, () => {
  const { db, clock } = runtime();
  return readStatus(db.orm, clock.now());
});

/** For the public page and its feed. */
export function readShownStatus(): Promise<StatusView> {
  return status.read();
}
