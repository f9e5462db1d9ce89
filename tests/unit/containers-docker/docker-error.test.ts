import { expect, test } from "vitest";
import { asContainerError } from "@/workers/codex-runner/containers/docker/docker-error";

const ENGINE = { name: "north", address: "tcp://192.0.2.1:2376" };
const refused = (statusCode: number, message: string) => Object.assign(new Error(message), { statusCode });
const failed = (code: string) => Object.assign(new Error(code), { code });

test.each([
  ["a full disk", refused(500, "write /data: no space left on device"), "no_space", /full/],
  ["no network left", refused(500, "could not find an available, non-overlapping IPv4 address pool"), "failed", /default-address-pool/],
  ["any other refusal", refused(400, "bad parameter"), "failed", /bad parameter/],
  ["no socket", failed("ENOENT"), "driver_missing", /start dockerd/],
  ["no right to use the socket", failed("EACCES"), "driver_missing", /may not use/],
  ["an engine that is down", failed("ECONNREFUSED"), "unreachable", /does not answer/],
  ["an engine that went away in mid-call", failed("ECONNRESET"), "unreachable", /does not answer/],
  ["what is no answer of the engine", new Error("the image was refused"), "failed", /refused/],
] as const)("%s has its own reason and says what to do", (_, error, reason, words) => {
  expect(asContainerError(ENGINE, error)).toMatchObject({ reason, message: expect.stringMatching(words), cause: error });
});
