import { expect, test } from "vitest";
import { ContainerError } from "@/workers/codex-runner/containers/container-driver";
import { asContainerError, unless } from "@/workers/codex-runner/containers/kubernetes/kubernetes-error";

const SERVER = "https://cluster.test";
const answer = (code: number, message: string) => Object.assign(new Error("HTTP-Code"), { code, body: JSON.stringify({ message }) });

test("what the API answers becomes a reason that the owner and the operator can act on", () => {
  const reasonOf = (error: unknown) => asContainerError(SERVER, error).reason;
  expect(reasonOf(answer(403, "pods is forbidden"))).toBe("driver_missing");
  expect(reasonOf(answer(403, 'exceeded quota: "lanes"'))).toBe("no_space");
  expect(reasonOf(answer(422, "invalid"))).toBe("failed");
  expect(reasonOf(answer(503, "etcd is gone"))).toBe("unreachable");
  expect(reasonOf(Object.assign(new Error("connect"), { code: "ECONNREFUSED" }))).toBe("unreachable");
  expect(reasonOf(Object.assign(new Error("aborted"), { name: "AbortError" }))).toBe("unreachable");
  expect(reasonOf(new Error("a bug"))).toBe("failed");
});

test("the API's own sentence is told, and an error of the driver stays as it is", () => {
  expect(asContainerError(SERVER, answer(422, "spec is wrong")).message).toBe("Kubernetes: spec is wrong");
  const own = new ContainerError("no_space", "full");
  expect(asContainerError(SERVER, own)).toBe(own);
});

test("an answer that is expected is null, every other one is thrown", async () => {
  expect(await unless([404], Promise.reject(answer(404, "gone")))).toBeNull();
  await expect(unless([404], Promise.reject(answer(409, "there")))).rejects.toThrow();
});
