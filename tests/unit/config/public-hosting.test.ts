import { expect, test } from "vitest";
import { loadConfig } from "@/lib/config/load-config";
import { publicHosting } from "@/lib/config/public-hosting";

test.each([
  [{}, null],
  [{ HOST: "::1" }, null],
  [{ PUBLIC_URL: "http://[::1]:3000", RUNNER_HOST: "127.0.0.2" }, null],
  [{ HOST: "192.0.2.1" }, "HOST is 192.0.2.1, PUBLIC_URL is http://192.0.2.1:3000"],
  [{ HOST: "0.0.0.0" }, "HOST is 0.0.0.0"],
  [{ PUBLIC_URL: "https://gateway.example" }, "PUBLIC_URL is https://gateway.example"],
  [{ RUNNER_HOST: "10.0.0.7" }, "RUNNER_HOST is 10.0.0.7"],
] as const)("%o is offered to others by: %s", (env, named) => {
  expect(publicHosting(loadConfig(env))).toBe(named);
});
