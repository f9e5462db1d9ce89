import { chown, mkdir, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { CONTAINER_UID } from "@/workers/codex-runner/containers/docker/container-spec";
import type { Engine } from "@/workers/codex-runner/containers/docker/engine";

/**
 * Where a container will make its socket: app-server wants a folder of its own uid, and takes the place of a socket that it finds
 * there. Nothing is removed, since another runner may have started the container in this moment.
 */
export async function makeSocketFolder(folder: string, engine: Engine): Promise<void> {
  const uid = CONTAINER_UID + (await firstUidOf(engine));
  await mkdir(dirname(folder), { recursive: true, mode: 0o711 });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chown(folder, uid, uid);
}

export async function removeSocketFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}

/** With `--userns-remap` an engine shifts all uids, and its root folder is named after the first. */
async function firstUidOf(engine: Engine): Promise<number> {
  const { DockerRootDir, SecurityOptions } = (await engine.calls.info()) as { DockerRootDir?: string; SecurityOptions?: string[] };
  if (!SecurityOptions?.some((option) => option.includes("name=userns"))) return 0;
  return Number(/\/(\d+)\.\d+$/.exec(DockerRootDir ?? "")?.[1] ?? 0);
}
