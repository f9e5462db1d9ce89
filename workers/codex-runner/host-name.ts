import { randomBytes } from "node:crypto";
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import path from "node:path";
import type { ProcessConfig } from "@/lib/config/load-config";
import type { DriverKind } from "@/workers/codex-runner/containers/container-driver";

const SUFFIX_BYTES = 3;

/**
 * Names the place where homes are, which every runner that can touch them shares. For engines and clusters that is what the settings
 * name, on whatever machine the runner runs; else it is the data folder: a machine may change its name, a folder may move.
 */
export function hostName(config: Pick<ProcessConfig, "dataDir" | "dockerHosts">, driver: DriverKind): string {
  if (driver === "kubernetes") return "kubernetes";
  if (driver === "docker" && config.dockerHosts.length > 0) return "docker";
  const folder = path.join(config.dataDir, "codex");
  const file = path.join(folder, "host.name");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!existsSync(file)) {
    const draft = `${file}.${process.pid}`;
    writeFileSync(draft, `${hostname()}-${randomBytes(SUFFIX_BYTES).toString("hex")}`, { mode: 0o600 });
    try {
      // Whole or not at all, and only the first one counts.
      linkSync(draft, file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    } finally {
      rmSync(draft);
    }
  }
  return readFileSync(file, "utf8").trim();
}
