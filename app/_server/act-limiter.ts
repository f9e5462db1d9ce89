import { ActLimiter } from "@/lib/users/act-limiter";

const KEY = Symbol.for("switchyard.act-limiter");
const store = globalThis as { [KEY]?: ActLimiter };

/** One per process, however many bundles Next makes of this file. */
export function actLimiter(): ActLimiter {
  store[KEY] ??= new ActLimiter();
  return store[KEY];
}
