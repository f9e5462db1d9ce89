import type { z } from "zod";
import { settingsTable, type Setting } from "@/lib/config/settings-table";

type Table = typeof settingsTable;
type Values = { [K in keyof Table]: z.output<Table[K]["read"]> | (Table[K]["default"] extends null ? null : never) };

/** The settings as given. What `npm start` provides when nobody gave it is null here. */
export type Config = Omit<Values, "publicUrl"> & { publicUrl: string };

/** What a running process needs: nothing is missing any more. */
export type ProcessConfig = Omit<Config, "databaseUrl" | "nextauthSecret" | "masterKey"> & {
  databaseUrl: string;
  nextauthSecret: string;
  masterKey: string;
};

type Environment = Readonly<Record<string, string | undefined>>;

/** All wrong settings at once, one sentence each. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.name = "ConfigError";
    this.problems = problems;
  }
}

/** An empty variable counts as unset. */
export function loadConfig(env: Environment): Config {
  const problems: string[] = [];
  const entries = Object.entries(settingsTable).map(([key, setting]) => [key, readSetting(setting, env, problems)]);
  if (problems.length > 0) throw new ConfigError(problems);
  const values = Object.fromEntries(entries) as Values;
  return { ...values, publicUrl: values.publicUrl ?? `http://${urlHost(values.host)}:${values.port}` };
}

/** For the processes that `npm start` starts. On their own they need the three that it would have provided. */
export function loadProcessConfig(env: Environment): ProcessConfig {
  const config = loadConfig(env);
  const { databaseUrl, nextauthSecret, masterKey } = config;
  if (databaseUrl !== null && nextauthSecret !== null && masterKey !== null) return { ...config, databaseUrl, nextauthSecret, masterKey };
  const missing = (["databaseUrl", "nextauthSecret", "masterKey"] as const).filter((key) => config[key] === null);
  throw new ConfigError(missing.map((key) => `${settingsTable[key].name} must be set when this process is not started by npm start.`));
}

export function isLoopbackHost(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}

/** A host as it stands in a URL that a browser on this machine can open. */
function urlHost(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "localhost";
  return host.includes(":") ? `[${host}]` : host;
}

function readSetting(setting: Setting<unknown>, env: Environment, problems: string[]): unknown {
  const given = env[setting.name]?.trim() || null;
  const text = given ?? setting.default;
  if (text === null) return null;
  const result = setting.read.safeParse(text);
  if (result.success) return result.data;
  const shown = setting.secret ? "" : ` (it is "${text}")`;
  problems.push(`${setting.name} must be ${result.error.issues[0]?.message}${shown}.`);
  return null;
}
