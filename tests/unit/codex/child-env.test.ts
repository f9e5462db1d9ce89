import { expect, test } from "vitest";
import { childEnv } from "@/lib/codex/child-env";

test("a program that is not ours is told how to run and how to reach the network, and no secret", () => {
  const kept = {
    PATH: "/bin",
    HOME: "/home/me",
    https_proxy: "http://proxy:1",
    NO_PROXY: "localhost",
    npm_config_registry: "http://registry",
    NODE_EXTRA_CA_CERTS: "/ca.pem",
  };
  const secrets = {
    OPENAI_API_KEY: "sk",
    DATABASE_URL: "postgres://u:p@h/d",
    SWITCHYARD_MASTER_KEY: "m",
    NEXTAUTH_SECRET: "n",
    AWS_SECRET_ACCESS_KEY: "a",
    my_https_proxy: "x",
  };
  expect(childEnv({ NODE_ENV: "test", ...kept, ...secrets })).toEqual(kept);
});
