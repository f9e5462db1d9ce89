import { ReadLimiter } from "@/lib/keys/read-limiter";

const KEY = Symbol.for("switchyard.read-limiter");
const store = globalThis as { [KEY]?: ReadLimiter };

/** One per process, however many bundles Next makes of this file. */
export function readLimiter(): ReadLimiter {
  store[KEY] ??= new ReadLimiter();
  return store[KEY];
}
