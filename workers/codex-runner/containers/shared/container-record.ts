import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { processMark } from "@/workers/codex-runner/containers/shared/process-mark";

/**
 * What is written down of a container before its Codex may start, so that whoever comes later finds it, ends it, and knows that it
 * is gone. Lies beside the socket and is removed after the end.
 */
const containerRecord = z.object({
  accountId: z.string(),
  fence: z.int(),
  codexVersion: z.string(),
  binaryDigest: z.string(),
  /** Killing it ends everything in the container. */
  root: processMark,
  /** Gets the SIGTERM that drains. Null: it was not there yet. */
  codex: processMark.nullable(),
  /** Of this container alone, if the machine lets us make some. */
  cgroups: z.array(z.string()),
});

export type ContainerRecord = z.infer<typeof containerRecord>;

/** Null: there is none. One that cannot be read stops everything: what it stood for may still run. */
export function readContainerRecord(file: string): ContainerRecord | null {
  try {
    return containerRecord.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw new Error(`${file} cannot be read: end what runs in its container by hand and remove the file`, { cause: error });
  }
}

export function writeContainerRecord(file: string, record: ContainerRecord): void {
  const draft = `${file}.draft`;
  writeFileSync(draft, JSON.stringify(record), { mode: 0o600, flush: true });
  renameSync(draft, file);
}

export function removeContainerRecord(file: string): void {
  rmSync(file, { force: true });
}
