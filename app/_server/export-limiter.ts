import { ExportLimiter } from "@/lib/requests/export-limiter";

const KEY = Symbol.for("switchyard.export-limiter");
const store = globalThis as { [KEY]?: ExportLimiter };

/** One per process, however many bundles Next makes of this file. */
export function exportLimiter(): ExportLimiter {
  store[KEY] ??= new ExportLimiter();
  return store[KEY];
}
