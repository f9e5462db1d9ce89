import { expect, test } from "vitest";
import { settingsTable } from "@/lib/config/settings-table";
import { readEngines } from "@/workers/codex-runner/containers/docker/read-engines";

test("without a setting it is the engine of this machine, under a name that stays", () => {
  expect(readEngines([])).toEqual([{ name: "local", address: "unix:///var/run/docker.sock" }]);
});

test("each engine has a name and an address", () => {
  const entries = settingsTable.dockerHosts.read.parse("north=tcp://192.0.2.1:2376, here=unix:///run/docker.sock");
  expect(readEngines(entries)).toEqual([
    { name: "north", address: "tcp://192.0.2.1:2376" },
    { name: "here", address: "unix:///run/docker.sock" },
  ]);
});

test.each([
  "unix:///run/docker.sock",
  "a=http://192.0.2.1:2375",
  "a=tcp://192.0.2.1",
  "a=unix://",
  "a=tcp://192.0.2.1:1,a=tcp://192.0.2.2:1",
  "a b=unix:///x",
])("%s is refused", (text) => {
  expect(settingsTable.dockerHosts.read.safeParse(text).success).toBe(false);
});
