import { expect, test } from "vitest";
import { egressTargets } from "@/workers/egress-proxy/egress-targets";
import { RefusalCount } from "@/workers/egress-proxy/refusal-count";
import { egressControlPath } from "@/workers/shared/egress-control";

test("a live installation leads to OpenAI's names, and only by their public addresses", () => {
  const targets = egressTargets([], "live");
  expect([...targets.keys()]).toEqual(["chatgpt.com:443", "auth.openai.com:443", "api.openai.com:443"]);
  expect([...targets.values()].every((target) => target.guarded)).toBe(true);
});

test("a live installation refuses a map, and nobody can map other names", () => {
  expect(() => egressTargets(["chatgpt.com=127.0.0.1:1"], "live")).toThrow(/EGRESS_MAP/);
  expect(() => egressTargets(["github.com=127.0.0.1:1"], "simulated")).toThrow(/github\.com/);
});

test("a simulated installation leads where its map says, and nowhere else", () => {
  expect([...egressTargets(["chatgpt.com=[::1]:8443"], "simulated")]).toEqual([
    ["chatgpt.com:443", { host: "::1", port: 8443, guarded: false }],
  ]);
  expect(egressTargets([], "simulated").size).toBe(0);
});

test("refusals are counted per target, and what tries out names fills no memory", () => {
  const count = new RefusalCount();
  const identity = { accountId: "acct_1", fence: 1 };
  count.add({ identity, target: "a:1", reason: "not_allowed" });
  count.add({ identity, target: "a:1", reason: "not_allowed" });
  for (let at = 0; at < 1_000; at += 1) count.add({ identity, target: `${at}.example:443`, reason: "not_allowed" });
  count.add({ identity: null, target: "b:1", reason: "who_is_it" });
  const { refusals, unknown } = count.take();
  expect(unknown).toBe(1);
  expect(refusals.length).toBeLessThanOrEqual(21);
  expect(refusals).toContainEqual({ identity, detail: "a:1 (not_allowed), 2 times" });
  expect(refusals).toContainEqual({ identity, detail: "others, 981 times" });
  expect(count.take()).toEqual({ refusals: [], unknown: 0 });
});

test("the control socket has a path that a socket can have, however deep the data folder is", () => {
  expect(egressControlPath("/srv/switchyard")).toBe("/srv/switchyard/codex/egress/control.sock");
  const deep = `/srv/${"deep/".repeat(40)}data`;
  expect(egressControlPath(deep).length).toBeLessThan(104);
  expect(egressControlPath(deep)).not.toBe(egressControlPath(`${deep}2`));
});
