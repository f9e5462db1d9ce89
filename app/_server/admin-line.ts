import { dataDirAssignment } from "@/lib/config/data-dir-assignment";

/** A line that an operator can paste into a shell on the server. */
export function adminLine({ dataDir }: { dataDir: string }, command: string): string {
  return [...dataDirAssignment(dataDir), "npm run --silent admin --", command].join(" ");
}
