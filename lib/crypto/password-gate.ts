import { AppError } from "@/lib/errors/app-error";

/** libuv has four threads, and DNS and zlib need some of them. */
const RUNNING_MAX = 2;
/** About half a second of waiting. */
const WAITING_MAX = 20;
const RETRY_S = 5;

const KEY = Symbol.for("switchyard.password-gate");
const store = globalThis as { [KEY]?: { running: number; waiting: (() => void)[] } };

/**
 * Password hashes are dear on purpose, and strangers can ask for them: few at once in this process, however many bundles Next
 * makes of this file, and `rate_limited` when the queue is full.
 */
export async function throughPasswordGate<T>(compute: () => Promise<T>): Promise<T> {
  const gate = (store[KEY] ??= { running: 0, waiting: [] });
  if (gate.running < RUNNING_MAX) gate.running += 1;
  else if (gate.waiting.length < WAITING_MAX) await new Promise<void>((fulfil) => gate.waiting.push(fulfil));
  else throw new AppError("rate_limited", "Too many passwords are being checked. Try again in a few seconds.", { retryAfterS: RETRY_S });
  try {
    return await compute();
  } finally {
    // The next one takes over the place.
    const next = gate.waiting.shift();
    if (next) next();
    else gate.running -= 1;
  }
}
