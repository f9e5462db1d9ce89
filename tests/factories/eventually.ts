import { vi } from "vitest";

const TIMEOUT_MS = 5_000;

/** Until `holds` throws no more: for what other processes and timers do, where no event tells. */
export function eventually(holds: () => unknown, timeoutMs = TIMEOUT_MS): Promise<void> {
  return vi.waitFor(async () => void (await holds()), { timeout: timeoutMs, interval: 20 });
}
