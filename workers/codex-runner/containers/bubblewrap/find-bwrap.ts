import { access, constants } from "node:fs/promises";
import path from "node:path";
import { ContainerError } from "@/workers/codex-runner/containers/container-driver";

/** The CLI's own, else the system's. */
export async function findBwrap(vendorDir: string): Promise<string> {
  const onPath = (process.env.PATH ?? "").split(path.delimiter).filter((folder) => path.isAbsolute(folder));
  for (const file of [path.join(vendorDir, "codex-resources", "bwrap"), ...onPath.map((folder) => path.join(folder, "bwrap"))]) {
    if (await isExecutable(file)) return file;
  }
  throw new ContainerError("driver_missing", "There is no bubblewrap: this build of the Codex CLI brings none, so install it (bwrap).");
}

function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
