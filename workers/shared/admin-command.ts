import { dataDirAssignment } from "@/lib/config/data-dir-assignment";
import { settingsTable } from "@/lib/config/settings-table";

/** A line that an operator can paste: with the settings that lead to this installation, and without their secrets. */
export function adminCommand(env: NodeJS.ProcessEnv, args: string): string {
  const dataDir = env[settingsTable.dataDir.name]?.trim() || settingsTable.dataDir.default;
  const secrets = [settingsTable.databaseUrl.name, settingsTable.masterKey.name].filter((name) => env[name]?.trim());
  return [...dataDirAssignment(dataDir), ...secrets.map((name) => `${name}=…`), `npm run --silent admin -- ${args}`].join(" ");
}
