import path from "node:path";
import { settingsTable } from "@/lib/config/settings-table";

const DEFAULT_DATA_DIR = settingsTable.dataDir.default;

/** A line that an operator can paste: with the settings that lead to this installation, and without their secrets. */
export function adminCommand(env: NodeJS.ProcessEnv, args: string): string {
  const dataDir = env[settingsTable.dataDir.name]?.trim() || DEFAULT_DATA_DIR;
  const isElsewhere = path.resolve(dataDir) !== path.resolve(DEFAULT_DATA_DIR);
  const secrets = [settingsTable.databaseUrl.name, settingsTable.masterKey.name].filter((name) => env[name]?.trim());
  return [
    ...(isElsewhere ? [`${settingsTable.dataDir.name}=${shellWord(dataDir)}`] : []),
    ...secrets.map((name) => `${name}=…`),
    `npm run --silent admin -- ${args}`,
  ].join(" ");
}

export function shellWord(text: string): string {
  return /^[\w./:@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
