import { expect, test } from "vitest";
import { gatewayTimings } from "@/lib/runtime/gateway-runtime";

test.each([5, 15, 300])("a request outwaits a runner's lease of %d seconds: only then may another one take over", (runnerLeaseS) => {
  expect(gatewayTimings({ runnerLeaseS }).laneRecoveryMs).toBeGreaterThan(runnerLeaseS * 1000);
});
