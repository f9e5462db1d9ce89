import { expect, test } from "vitest";
import { z } from "zod";
import { keyLimitFields, limitsFromForm, withLaneBoxes } from "@/app/_server/key-limits-input";
import { runAction } from "@/app/_server/run-action";
import { KEY_COUNT_MAX, KEY_LIST_MAX } from "@/lib/keys/key-limits";

const now = new Date("2026-11-21T10:00:00Z");
const input = withLaneBoxes(z.object({ name: z.string().min(1, "Name the key."), ...keyLimitFields }).catchall(z.string()));

function limits(form: Record<string, string>) {
  return limitsFromForm(input.parse({ name: "ci", expires: "never", lanes: "all", ...form }), now);
}

/** As a form that is posted: what it is told, field by field. */
async function told(fields: Record<string, string>) {
  const form = new FormData();
  for (const [name, value] of Object.entries({ name: "ci", expires: "never", lanes: "all", ...fields })) form.set(name, value);
  const answer = await runAction(
    { role: "stranger", input, run: async () => ({}) },
    { form, session: null, client: { address: null, userAgent: null }, report: () => "req_1" },
  );
  return answer?.ok === false ? answer.fields : {};
}

test("a key reads the account only where the box is ticked", () => {
  expect(limits({ accountRead: "on" })).toMatchObject({ accountRead: true });
  expect(limits({})).toMatchObject({ accountRead: false });
});

test("one answer names every field that is at fault, lanes among them", async () => {
  const fields = await told({
    name: "",
    expires: "some day",
    lanes: "some",
    models: "gpt-5.5, gpt 5§",
    ipAllow: "203.0.113.7, not-an-ip 10.0.0.0/33",
    concurrencyMax: "0",
    requestsPerMinuteMax: "many",
    budgetDay: "abc",
    budgetWeek: "-1",
    budgetMonth: "0.0000001",
  });
  expect(fields).toEqual({
    name: "Name the key.",
    expires: "Choose one.",
    lanes: "Tick at least one lane, or choose every lane.",
    models: "Not the name of a model: 5§. Write it like gpt-5.5.",
    ipAllow: "Not an IP address or range: not-an-ip, 10.0.0.0/33. Write it like 203.0.113.7 or 203.0.113.0/24.",
    concurrencyMax: "Give at least 1, or leave it empty.",
    requestsPerMinuteMax: "Give a whole number, or leave it empty.",
    budgetDay: "Give US dollars like 5 or 12.50, or leave it empty.",
    budgetWeek: "Give US dollars like 5 or 12.50, or leave it empty.",
    budgetMonth: "Give US dollars like 5 or 12.50, or leave it empty.",
  });
});

test("what is too many is named at its field", async () => {
  const many = (entry: string) => Array.from({ length: KEY_LIST_MAX + 1 }, () => entry).join(",");
  const fields = await told({ models: many("m"), ipAllow: many("10.0.0.1"), concurrencyMax: String(KEY_COUNT_MAX + 1) });
  expect(fields).toEqual({ models: "Give at most 100.", ipAllow: "Give at most 100.", concurrencyMax: "Give at most 1,000,000." });
});

test("lanes count by their boxes only where some are chosen", () => {
  const boxes = { lane_1: "on", lane_2: "on", else: "on" };
  expect(limits({ lanes: "some", ...boxes })).toMatchObject({ laneIds: ["lane_1", "lane_2"] });
  expect(limits({ lanes: "all", ...boxes })).toMatchObject({ laneIds: null });
});
