import { expect, test } from "vitest";
import { laneStateShown } from "@/components/dashboard/lane-state-shown";

test("only a ready wallet lane with nothing available is shown as empty", () => {
  const lane = { kind: "wallet", state: "ready" } as const;
  expect(laneStateShown(lane, { availableUsd: "0.000000" })).toBe("empty");
  expect(laneStateShown(lane, { availableUsd: "-0.250000" })).toBe("empty");
  expect(laneStateShown(lane, { availableUsd: "0.000001" })).toBe("ready");
  expect(laneStateShown({ ...lane, state: "paused" }, { availableUsd: "0.000000" })).toBe("paused");
  expect(laneStateShown({ ...lane, kind: "api_key" }, { availableUsd: "0.000000" })).toBe("ready");
});
