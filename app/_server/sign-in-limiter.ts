import { SignInLimiter } from "@/lib/users/sign-in-limiter";

const KEY = Symbol.for("switchyard.sign-in-limiter");
const store = globalThis as { [KEY]?: SignInLimiter };

/** One per process, however many bundles Next makes of this file. */
export function signInLimiter(): SignInLimiter {
  store[KEY] ??= new SignInLimiter();
  return store[KEY];
}
