import { TrialLimiter } from "@/lib/lanes/trial-limiter";

const KEY = Symbol.for("switchyard.trial-limiter");
const store = globalThis as { [KEY]?: TrialLimiter };

/** One per process, however many bundles Next makes of this file. */
export function trialLimiter(): TrialLimiter {
  store[KEY] ??= new TrialLimiter();
  return store[KEY];
}
