import { vi } from "vitest";

/** Only what does not come true waits that long; machines are shared. */
const TIMEOUT_MS = 30_000;
const INTERVAL_MS = 20;

/** Until `holds` throws no more, and what it returned then: for what other processes and timers do, where no event tells. */
export function eventually<T>(holds: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(holds, { timeout: TIMEOUT_MS, interval: INTERVAL_MS });
}
