import path from "node:path";
import { settingsTable } from "@/lib/config/settings-table";
import { shellWord } from "@/lib/config/shell-word";

/** What a line for this installation begins with in a shell; nothing where its data folder is the usual one. */
export function dataDirAssignment(dataDir: string): string[] {
  const { name, default: usual } = settingsTable.dataDir;
  return path.resolve(dataDir) === path.resolve(usual) ? [] : [`${name}=${shellWord(dataDir)}`];
}
