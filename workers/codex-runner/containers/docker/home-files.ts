import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import type { Container } from "dockerode";
import { pack } from "tar-stream";
import { type AccountContainer, ContainerError } from "@/workers/codex-runner/containers/container-driver";
import { CODEX_HOME, CONTAINER_UID, EXTRA_CA_NAME } from "@/workers/codex-runner/containers/docker/container-spec";
import { unless } from "@/workers/codex-runner/containers/docker/docker-error";
import { certificateBundle } from "@/workers/codex-runner/containers/shared/certificates";

/** Codex's log of its own doings grows with every turn and is never emptied by Codex; no text of a customer is in it. */
const LOG_DATABASE = ["logs_2.sqlite", "logs_2.sqlite-wal", "logs_2.sqlite-shm"];
const FILE_NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$/;
const FILE_MODE = 0o600;
const MIB = 1024 * 1024;

/**
 * Puts the files of the setup into the home of a container that does not run, and empties the log database of a home that is too
 * large. `homeBytes` null: not known, and then only the log itself counts. The sign-in in the home is not touched.
 */
export async function writeHomeFiles(box: Container, home: { container: AccountContainer; homeBytes: number | null }): Promise<void> {
  const { files, caPem, limits } = home.container;
  const tar = pack();
  const put = (name: string, content: string) => {
    if (!FILE_NAME.test(name) || name === "auth.json") throw new Error(`${name} is no file that may be written into a home`);
    tar.entry({ name, uid: CONTAINER_UID, gid: CONTAINER_UID, mode: FILE_MODE }, content);
  };
  for (const { name, content } of files) put(name, content);
  if (caPem !== null) put(EXTRA_CA_NAME, certificateBundle(caPem));
  // An empty file is a new database to SQLite. Its files go together, or the rest would be read into the new one.
  for (const name of await outgrownLogs(box, { homeBytes: home.homeBytes, bytesMax: limits.homeMiB * MIB })) put(name, "");
  tar.finalize();
  await box.putArchive(Readable.from(tar), { path: CODEX_HOME });
}

async function outgrownLogs(box: Container, size: { homeBytes: number | null; bytesMax: number }): Promise<readonly string[]> {
  const found = await Promise.all(LOG_DATABASE.map(async (name) => ({ name, bytes: await sizeInHome(box, name) })));
  const logBytes = found.reduce((sum, file) => sum + (file.bytes ?? 0), 0);
  const homeBytes = size.homeBytes ?? logBytes;
  if (homeBytes <= size.bytesMax) return [];
  if (homeBytes - logBytes > size.bytesMax) {
    throw new ContainerError("no_space", `Its home holds ${Math.ceil(homeBytes / MIB)} MiB and may hold ${size.bytesMax / MIB}.`);
  }
  return found.filter((file) => file.bytes !== null).map((file) => file.name);
}

/** Null: there is no such file. */
async function sizeInHome(box: Container, name: string): Promise<number | null> {
  const answer: IncomingMessage | null = await unless([404], box.infoArchive({ path: `${CODEX_HOME}/${name}` }));
  if (answer === null) return null;
  answer.resume();
  const stat = answer.headers["x-docker-container-path-stat"];
  return typeof stat === "string" ? (JSON.parse(Buffer.from(stat, "base64").toString("utf8")) as { size: number }).size : null;
}
