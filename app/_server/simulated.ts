import { readDatabaseMode } from "@/lib/settings/database-mode";
import { runtime } from "@/lib/runtime/runtime";

const KEY = Symbol.for("switchyard.database-mode");
const store = globalThis as { [KEY]?: boolean };

/** The stamp of a database never changes, so it is read once per process. */
export async function isSimulated(): Promise<boolean> {
  store[KEY] ??= (await readDatabaseMode(runtime().db.orm)) === "simulated";
  return store[KEY];
}
