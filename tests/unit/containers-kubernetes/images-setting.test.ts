import { expect, test } from "vitest";
import { settingsTable } from "@/lib/config/settings-table";
import { readImages } from "@/workers/codex-runner/containers/kubernetes/read-images";

const DIGEST = `sha256:${"a".repeat(64)}`;
const read = (text: string) => settingsTable.kubernetesImages.read.safeParse(text);

test("each version of the CLI has its image, on a registry with a port too", () => {
  const entries = read(`0.169.0=registry.test:5000/a/codex@${DIGEST}, 0.170.1=codex@${DIGEST}`).data ?? [];
  expect([...readImages(entries)]).toEqual([
    ["0.169.0", `registry.test:5000/a/codex@${DIGEST}`],
    ["0.170.1", `codex@${DIGEST}`],
  ]);
});

test("an image that can change under its name is refused, and so is a version that is named twice", () => {
  expect(read("0.169.0=registry.test/codex:latest").success).toBe(false);
  expect(read(`registry.test/codex@${DIGEST}`).success).toBe(false);
  expect(read(`0.169.0=a@${DIGEST},0.169.0=b@${DIGEST}`).success).toBe(false);
});
