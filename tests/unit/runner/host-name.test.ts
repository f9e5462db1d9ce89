import { expect, test } from "vitest";
import { temporaryFolder } from "@/tests/factories/temporary-folder";
import { hostName } from "@/workers/codex-runner/host-name";

test("a data folder keeps its name, and two folders have two", async () => {
  const [one, other] = [temporaryFolder(), temporaryFolder()];
  const first = hostName({ dataDir: one, dockerHosts: [] }, "bubblewrap");
  expect(hostName({ dataDir: one, dockerHosts: [] }, "docker")).toBe(first);
  expect(hostName({ dataDir: other, dockerHosts: [] }, "bubblewrap")).not.toBe(first);
});

test("engines that the settings name, and a cluster, are the same from everywhere", () => {
  const engines = ["a=tcp://10.0.0.1:2376"];
  expect(hostName({ dataDir: "/one", dockerHosts: engines }, "docker")).toBe(
    hostName({ dataDir: "/other", dockerHosts: engines }, "docker"),
  );
  expect(hostName({ dataDir: "/one", dockerHosts: [] }, "kubernetes")).toBe("kubernetes");
});
