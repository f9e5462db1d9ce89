import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import type { Config } from "@/lib/config/load-config";

/** The settings that stand in what customers are told. None is secret. */
const NAMES = { publicUrl: "PUBLIC_URL", brandName: "BRAND_NAME", providerId: "PROVIDER_ID", keyEnvName: "KEY_ENV_NAME" } as const;
/** The public address follows from these when nobody gave it. */
const ADDRESS_NAMES = ["PUBLIC_URL", "HOST", "PORT"];

const kept = z.record(z.string(), z.string());

function settingsPath(dataDir: string): string {
  return path.join(dataDir, "installation.json");
}

/** Leaves word for the admin commands, which run in shells that know nothing of how the product was started. */
export function writeRunningSettings(config: Pick<Config, keyof typeof NAMES>, dataDir: string): void {
  const settings = Object.fromEntries(Object.entries(NAMES).map(([key, name]) => [name, config[key as keyof typeof NAMES]]));
  const file = settingsPath(dataDir);
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(settings, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, file);
}

/** The environment of a command, with what the last start was told wherever the command itself is told nothing. */
export function withRunningSettings(env: NodeJS.ProcessEnv, dataDir: string): NodeJS.ProcessEnv {
  const file = settingsPath(dataDir);
  if (!existsSync(file)) return env;
  const settings = kept.parse(JSON.parse(readFileSync(file, "utf8")));
  const isGiven = (name: string) => Boolean(env[name]?.trim());
  const missing = Object.entries(settings).filter(([name]) => (name === NAMES.publicUrl ? !ADDRESS_NAMES.some(isGiven) : !isGiven(name)));
  return { ...env, ...Object.fromEntries(missing) };
}
