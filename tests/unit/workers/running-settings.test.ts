import { statSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { loadConfig } from "@/lib/config/load-config";
import { temporaryFolder } from "@/tests/factories/temporary-folder";
import { withRunningSettings, writeRunningSettings } from "@/workers/shared/running-settings";

function env(variables: Record<string, string>): NodeJS.ProcessEnv {
  return { NODE_ENV: "test", ...variables };
}

test("a command knows what the last start was told, without being told itself", () => {
  const folder = temporaryFolder();
  const started = loadConfig(env({ PORT: "4100", BRAND_NAME: "Acme", PROVIDER_ID: "acme", KEY_ENV_NAME: "ACME_KEY" }));
  writeRunningSettings(started, folder);
  expect(statSync(path.join(folder, "installation.json")).mode & 0o777).toBe(0o600);
  expect(loadConfig(withRunningSettings(env({}), folder))).toMatchObject({
    publicUrl: "http://127.0.0.1:4100",
    brandName: "Acme",
    providerId: "acme",
    keyEnvName: "ACME_KEY",
  });
});

test("what the command is told itself comes first, the public address also as host and port", () => {
  const folder = temporaryFolder();
  writeRunningSettings(loadConfig(env({ PUBLIC_URL: "https://acme.example", BRAND_NAME: "Acme" })), folder);
  const told = (variables: Record<string, string>) => loadConfig(withRunningSettings(env(variables), folder));
  expect(told({ BRAND_NAME: "Other" })).toMatchObject({ brandName: "Other", publicUrl: "https://acme.example" });
  expect(told({ PORT: "5000" })).toMatchObject({ brandName: "Acme", publicUrl: "http://127.0.0.1:5000" });
});

test("a folder that was never started says nothing", () => {
  expect(withRunningSettings(env({ PORT: "5000" }), temporaryFolder())).toEqual(env({ PORT: "5000" }));
});
