import { expect, test } from "vitest";
import { z } from "zod";
import { keyLimitFields, limitsFromForm, withLaneBoxes } from "@/app/_server/key-limits-input";
import { runAction } from "@/app/_server/run-action";
import { KEY_COUNT_MAX, KEY_LIST_MAX } from "@/lib/keys/key-limits";
import { LANES_MAX } from "@/lib/lanes/make-room";

const now = new Date("2026-11-21T10:00:00Z");
const input = withLaneBoxes(z.object({ name: z.string().min(1, "Name the key."), ...keyLimitFields }).catchall(z.string()));

function limits(form: Record<string, string>) {
  return limitsFromForm(input.parse({ name: "ci", expires: "never", lanes: "all", ...form }), now);
}

/** As a form that is posted. */
function post(fields: Record<string, string>) {
  const form = new FormData();
  for (const [name, value] of Object.entries({ name: "ci", expires: "never", lanes: "all", ...fields })) form.set(name, value);
  return runAction(
    { role: "stranger", input, run: async (request) => ({ limits: limitsFromForm(request.input, now) }) },
    { form, session: null, client: { address: null, userAgent: null }, report: () => "req_1" },
  );
}

/** What is told, field by field. */
async function told(fields: Record<string, string>) {
  const answer = await post(fields);
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

const laneIds = Array.from({ length: LANES_MAX }, (_, at) => `lane_${at}`);

test.each([
  ["some", laneIds],
  ["all", null],
])("whoever has all the lanes that one may have, every box ticked, keeps every limit: %s", async (lanes, expected) => {
  const boxes = Object.fromEntries(laneIds.map((id) => [id, "on"]));
  const set = { budgetDay: "1", budgetWeek: "2", budgetMonth: "3", concurrencyMax: "4", requestsPerMinuteMax: "5" };
  const lists = { models: "gpt-5.5", ipAllow: "203.0.113.7", accountRead: "on" };
  expect(await post({ lanes, ...boxes, ...lists, ...set })).toMatchObject({
    ok: true,
    limits: {
      laneIds: expected,
      models: ["gpt-5.5"],
      ipAllow: ["203.0.113.7"],
      concurrencyMax: 4,
      requestsPerMinuteMax: 5,
      budgetDay: 1_000_000n,
      budgetWeek: 2_000_000n,
      budgetMonth: 3_000_000n,
      accountRead: true,
    },
  });
});

test("the longest lists that a key takes arrive whole", async () => {
  const list = (entry: (at: number) => string) => Array.from({ length: KEY_LIST_MAX }, (_, at) => entry(at));
  const models = list((at) => `m${at}`.padEnd(120, "x"));
  const ipAllow = list((at) => `2001:0db8:0000:0000:0000:0000:0000:${String(at).padStart(4, "0")}/128`);
  expect(await post({ models: models.join(", "), ipAllow: ipAllow.join(", ") })).toMatchObject({ ok: true, limits: { models, ipAllow } });
});
