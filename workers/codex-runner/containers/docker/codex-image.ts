import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Pack, pack } from "tar-stream";
import { CONTAINER_UID, CODEX_HOME, LABELS, SYSTEM_CA_FILE } from "@/workers/codex-runner/containers/docker/container-spec";
import { unless } from "@/workers/codex-runner/containers/docker/docker-error";
import type { Engine } from "@/workers/codex-runner/containers/docker/engine";
import { certificateBundle } from "@/workers/codex-runner/containers/shared/certificates";

/**
 * The image: the unpacked package of the official CLI and nothing else that could be run. It is made by streaming one tar to the
 * engine, without registry or builder, and is named after the digest of its content, so an engine that has the name has the content.
 */
export type CodexImage = { reference: string; binaryDigest: string };

/** Not needed for a turn without tools of Codex's own, and a quarter of the image. */
const LEFT_OUT = new Set(["codex-code-mode-host", "voice"]);
const REPOSITORY = "switchyard-codex";
const IMPORT_MS_MAX = 5 * 60_000;
/** A younger one may be what another runner is about to make a container from. */
const UNUSED_AGE_S_MIN = 3_600;
const VENDOR_FILES_MAX = 1000;
const EPOCH = new Date(0);

type VendorFile = { path: string; name: string; mode: number; bytes: number; digest: string };
type Content = { files: VendorFile[]; texts: { name: string; text: string }[]; digest: string; binaryDigest: string };

export class CodexImages {
  /** By folder: reading 300 MB once per process is enough, since a fetched package never changes. */
  readonly #contents = new Map<string, Promise<Content>>();
  readonly #imports = new Map<string, Promise<void>>();
  readonly #installation: string;

  constructor(installation: string) {
    this.#installation = installation;
  }

  /** Makes the image where it is not there yet. */
  async ensure(engine: Engine, source: { vendorDir: string; codexVersion: string }): Promise<CodexImage> {
    const content = await once(this.#contents, source.vendorDir, () => readContent(source.vendorDir));
    const tag = `${source.codexVersion}-${content.digest.slice(0, 16)}`;
    const reference = `${REPOSITORY}:${tag}`;
    const present = await unless([404], engine.calls.getImage(reference).inspect());
    if (present === null) await this.#importOnce(engine, tag, content);
    return { reference, binaryDigest: content.binaryDigest };
  }

  async #importOnce(engine: Engine, tag: string, content: Content): Promise<void> {
    const key = `${engine.name} ${tag}`;
    try {
      await once(this.#imports, key, () => importImage(engine, { tag, content, installation: this.#installation }));
    } finally {
      this.#imports.delete(key);
    }
  }
}

/** Concurrent callers share one attempt; a failed one is forgotten. */
function once<T>(attempts: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const running = attempts.get(key);
  if (running) return running;
  const attempt = make();
  attempts.set(key, attempt);
  attempt.catch(() => attempts.delete(key));
  return attempt;
}

async function readContent(vendorDir: string): Promise<Content> {
  const files = await vendorFiles(vendorDir);
  const texts = [
    { name: SYSTEM_CA_FILE.slice(1), text: certificateBundle(null) },
    { name: "etc/passwd", text: `codex:x:${CONTAINER_UID}:${CONTAINER_UID}:codex:${CODEX_HOME}:/nonexistent\n` },
    { name: "etc/group", text: `codex:x:${CONTAINER_UID}:\n` },
    { name: "etc/nsswitch.conf", text: "passwd: files\ngroup: files\nhosts: files\n" },
  ];
  const hash = createHash("sha256");
  for (const file of files) hash.update(`${file.name} ${file.mode} ${file.digest}\n`);
  for (const { name, text } of texts) hash.update(`${name} ${text.length}\n${text}`);
  const binary = files.find((file) => file.name === "opt/codex/bin/codex");
  if (!binary) throw new Error(`${vendorDir} holds no bin/codex`);
  return { files, texts, digest: hash.digest("hex"), binaryDigest: `sha256:${binary.digest}` };
}

async function vendorFiles(vendorDir: string): Promise<VendorFile[]> {
  const entries = await readdir(vendorDir, { recursive: true, withFileTypes: true });
  if (entries.length > VENDOR_FILES_MAX) throw new Error(`${vendorDir} holds more than ${VENDOR_FILES_MAX} files`);
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter(
      (path) =>
        !path
          .slice(vendorDir.length)
          .split("/")
          .some((part) => LEFT_OUT.has(part)),
    )
    .toSorted();
  const files: VendorFile[] = [];
  for (const path of paths) {
    const { size, mode } = await stat(path);
    const hash = createHash("sha256");
    await pipeline(createReadStream(path), hash);
    const name = join("opt/codex", path.slice(vendorDir.length));
    files.push({ path, name, mode: (mode & 0o111) === 0 ? 0o644 : 0o755, bytes: size, digest: hash.digest("hex") });
  }
  return files;
}

async function importImage(engine: Engine, image: { tag: string; content: Content; installation: string }): Promise<void> {
  const { tag, content } = image;
  const tar = pack();
  const packed = packContent(tar, content).catch((error: Error) => tar.destroy(error));
  const progress = await engine.streams.importImage(Readable.from(tar), {
    repo: REPOSITORY,
    tag,
    changes: `LABEL ${LABELS.installation}=${image.installation}`,
    abortSignal: AbortSignal.timeout(IMPORT_MS_MAX),
  });
  let refusal: string | null = null;
  for await (const line of progress) {
    const text = String(line);
    if (text.includes('"error"')) refusal = text.trim();
  }
  await packed;
  if (refusal !== null) throw new Error(`the image was refused: ${refusal}`);
  const { Id } = await engine.calls.getImage(`${REPOSITORY}:${tag}`).inspect();
  await removeUnusedImages(engine, { installation: image.installation, keptId: Id });
}

/** Of former versions. An engine keeps every image that a container was made from, running or not. */
async function removeUnusedImages(engine: Engine, kept: { installation: string; keptId: string }): Promise<void> {
  const label = [`${LABELS.installation}=${kept.installation}`];
  const images = await engine.calls.listImages({ filters: { label } });
  for (const { Id, Created } of images) {
    const isYoung = Date.now() / 1000 - Created < UNUSED_AGE_S_MIN;
    // 409: in use.
    if (Id !== kept.keptId && !isYoung) await unless([404, 409], engine.calls.getImage(Id).remove());
  }
}

/** Folders that must be there before anything is mounted, with the modes that the mounts inherit. */
const FOLDERS: readonly { name: string; mode: number; uid?: number }[] = [
  { name: "opt/codex/bin", mode: 0o755 },
  { name: "etc/ssl/certs", mode: 0o755 },
  { name: "proc", mode: 0o555 },
  { name: "dev", mode: 0o755 },
  { name: "sys", mode: 0o555 },
  { name: "work", mode: 0o755 },
  // A tmpfs takes the mode of the folder under it, and SQLite needs one that it may write to.
  { name: "tmp", mode: 0o1777 },
  { name: "var/tmp", mode: 0o1777 },
  // A new volume takes owner and mode of the folder that it is mounted on.
  { name: CODEX_HOME.slice(1), mode: 0o700, uid: CONTAINER_UID },
];

async function packContent(tar: Pack, content: Content): Promise<void> {
  for (const { name, mode, uid = 0 } of FOLDERS) {
    await addEntry(tar, { name, type: "directory", mode, uid, gid: uid, mtime: EPOCH });
  }
  for (const { name, text } of content.texts) await addEntry(tar, { name, mode: 0o644, mtime: EPOCH }, text);
  for (const file of content.files) {
    const entry = tar.entry({ name: file.name, mode: file.mode, size: file.bytes, mtime: EPOCH });
    await pipeline(createReadStream(file.path), entry);
  }
  tar.finalize();
}

function addEntry(tar: Pack, header: Parameters<Pack["entry"]>[0], text?: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error?: Error | null) => (error ? reject(error) : resolve());
    if (text === undefined) tar.entry(header, done);
    else tar.entry(header, text, done);
  });
}
