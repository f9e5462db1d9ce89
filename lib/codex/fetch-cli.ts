import { execFile } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { access, constants, mkdir, open, rename, rm, stat, utimes } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { Agent, type Dispatcher, EnvHttpProxyAgent, interceptors, request } from "undici";
import { childEnv } from "@/lib/codex/child-env";
import { CODEX_TARBALL_INTEGRITY, CODEX_TARGET_TRIPLE, type CodexPlatform, currentCodexPlatform } from "@/lib/openai/codex-release";

/**
 * Brings the official, unmodified Codex CLI into a cache folder: the npm tarball of this platform's package, from whatever registry npm
 * is configured for, checked against the pinned sha512 before a byte of it is unpacked.
 *
 * Invariants: `cacheDir/codex-<version>-<platform>` either does not exist or is complete (it arrives by one rename). The lock only saves
 * the second process a download: two fetches at once are harmless, since each unpacks in its own folder and one rename wins.
 */
export type FetchCodexCliOptions = {
  version: string;
  cacheDir: string;
  onProgress?: (progress: CodexFetchProgress) => void;
  signal?: AbortSignal;
  /** `SWITCHYARD_CODEX_BIN` names a binary to use instead; `npm_config_registry` the registry. */
  env?: NodeJS.ProcessEnv;
};

/** `totalBytes` is null when the registry does not say. */
export type CodexFetchProgress = { phase: "download" | "unpack" | "wait"; doneBytes: number; totalBytes: number | null };

/** `sha512` is the verified tarball's integrity; null for a binary that the operator named. */
export type CodexCli = { binary: string; version: string; sha512: string | null };

/** Failures that the person at the machine can act on; `message` says how. */
class CodexCliError extends Error {
  readonly kind: "unreachable" | "integrity" | "platform" | "version" | "unpack";

  constructor(kind: CodexCliError["kind"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "CodexCliError";
    this.kind = kind;
  }
}

const run = promisify(execFile);
const TARBALL_BYTES_MAX = 600_000_000;
const HEADERS_TIMEOUT_MS = 60_000;
/** Longest silence of the registry in the middle of a download. */
const BODY_TIMEOUT_MS = 60_000;
const REDIRECTS_MAX = 5;
const LOCK_HEARTBEAT_MS = 2_000;
const LOCK_STALE_MS = 30_000;
const LOCK_POLL_MS = 500;
const WAIT_MS_MAX = 15 * 60_000;

export async function fetchCodexCli(options: FetchCodexCliOptions): Promise<CodexCli> {
  const { version } = options;
  const env = options.env ?? process.env;
  if (env.SWITCHYARD_CODEX_BIN) return namedBinary(env.SWITCHYARD_CODEX_BIN, version, env);

  const platform = currentCodexPlatform();
  const integrity = platform === null ? undefined : CODEX_TARBALL_INTEGRITY[version]?.[platform];
  if (platform === null || integrity === undefined) {
    const here = `${process.platform}-${process.arch}`;
    throw new CodexCliError(
      "platform",
      `No pinned Codex CLI ${version} for ${here}; set SWITCHYARD_CODEX_BIN to a codex ${version} binary.`,
    );
  }

  const cacheDir = resolve(options.cacheDir);
  const home = join(cacheDir, `codex-${version}-${platform}`);
  const cli: CodexCli = { binary: binaryIn(home, platform), version, sha512: integrity };
  if (await isExecutable(cli.binary)) return cli;

  await mkdir(cacheDir, { recursive: true });
  const releaseLock = await takeLock({ lockFile: `${home}.lock`, isDone: () => isExecutable(cli.binary), ...options });
  if (releaseLock === null) return cli;
  try {
    await download({ home, version, platform, integrity, env, onProgress: options.onProgress, signal: options.signal });
  } finally {
    await releaseLock();
  }
  return cli;
}

async function namedBinary(path: string, version: string, env: NodeJS.ProcessEnv): Promise<CodexCli> {
  const binary = resolve(path);
  const said = await run(binary, ["--version"], { env: childEnv(env) }).then(
    ({ stdout }) => stdout.trim(),
    (cause: unknown) => {
      throw new CodexCliError("version", `SWITCHYARD_CODEX_BIN=${path} does not run: set it to a codex ${version} binary.`, { cause });
    },
  );
  if (said !== `codex-cli ${version}`) {
    throw new CodexCliError("version", `SWITCHYARD_CODEX_BIN=${path} is "${said}": set it to a codex ${version} binary.`);
  }
  return { binary, version, sha512: null };
}

type Download = {
  home: string;
  version: string;
  platform: CodexPlatform;
  integrity: string;
  env: NodeJS.ProcessEnv;
  onProgress: FetchCodexCliOptions["onProgress"];
  signal: AbortSignal | undefined;
};

async function download({ home, version, platform, integrity, env, onProgress, signal }: Download): Promise<void> {
  const work = `${home}.${randomUUID()}`;
  await mkdir(work);
  try {
    const registry = await npmRegistry(env);
    const tarball = join(work, "codex.tgz");
    const found = await downloadTarball({
      url: `${registry}/@openai/codex/-/codex-${version}-${platform}.tgz`,
      file: tarball,
      registry,
      version,
      env,
      onProgress,
      signal,
    });
    if (found.integrity !== integrity) {
      throw new CodexCliError(
        "integrity",
        `What the npm registry sent for codex ${version} ${platform} is not the pinned release (expected ${integrity}, got ${found.integrity}); nothing was unpacked.`,
      );
    }
    onProgress?.({ phase: "unpack", doneBytes: found.bytes, totalBytes: found.bytes });
    await unpack({ tarball, work, home, platform, signal });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** npm passes its registry to scripts as `npm_config_registry`; elsewhere npm itself is asked. */
async function npmRegistry(env: NodeJS.ProcessEnv): Promise<string> {
  const told = env.npm_config_registry;
  if (told) return told.replace(/\/+$/, "");
  const said = await run("npm", ["config", "get", "registry"], { env: childEnv(env) }).catch((cause: unknown) => {
    throw new CodexCliError("unreachable", "npm does not say which registry to use: is npm on the PATH? Or set SWITCHYARD_CODEX_BIN.", {
      cause,
    });
  });
  return said.stdout.trim().replace(/\/+$/, "");
}

type TarballDownload = {
  url: string;
  file: string;
  registry: string;
  version: string;
  env: NodeJS.ProcessEnv;
  onProgress: FetchCodexCliOptions["onProgress"];
  signal: AbortSignal | undefined;
};

async function downloadTarball(job: TarballDownload): Promise<{ integrity: string; bytes: number }> {
  const dispatcher = downloadDispatcher(job.env);
  const hash = createHash("sha512");
  let doneBytes = 0;
  try {
    const reply = await request(job.url, { dispatcher, signal: job.signal });
    if (reply.statusCode !== 200) {
      await reply.body.dump();
      throw new Error(`HTTP ${reply.statusCode}`);
    }
    const totalBytes = Number(reply.headers["content-length"]) || null;
    const meter = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        doneBytes += chunk.length;
        if (doneBytes > TARBALL_BYTES_MAX) return done(new Error(`more than ${TARBALL_BYTES_MAX} bytes`));
        hash.update(chunk);
        job.onProgress?.({ phase: "download", doneBytes, totalBytes });
        done(null, chunk);
      },
    });
    await pipeline(reply.body, meter, createWriteStream(job.file), { signal: job.signal });
  } catch (cause) {
    job.signal?.throwIfAborted();
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CodexCliError(
      "unreachable",
      `Could not reach the npm registry ${withoutCredentials(job.registry)} for codex ${job.version} (${why}); set SWITCHYARD_CODEX_BIN to a codex ${job.version} binary.`,
      { cause },
    );
  } finally {
    await dispatcher.close();
  }
  return { integrity: `sha512-${hash.digest("base64")}`, bytes: doneBytes };
}

function withoutCredentials(registry: string): string {
  return registry.replace(/\/\/[^/@]*@/, "//");
}

function downloadDispatcher(env: NodeJS.ProcessEnv): Dispatcher {
  const limits = { headersTimeout: HEADERS_TIMEOUT_MS, bodyTimeout: BODY_TIMEOUT_MS };
  const httpsProxy = env.https_proxy ?? env.HTTPS_PROXY ?? env.npm_config_https_proxy;
  const httpProxy = env.http_proxy ?? env.HTTP_PROXY ?? env.npm_config_proxy;
  const agent = httpsProxy || httpProxy ? new EnvHttpProxyAgent({ ...limits, httpProxy, httpsProxy }) : new Agent(limits);
  return agent.compose(interceptors.redirect({ maxRedirections: REDIRECTS_MAX }));
}

type Unpack = { tarball: string; work: string; home: string; platform: CodexPlatform; signal: AbortSignal | undefined };

/** The CLI finds its sandbox, search and code-mode helpers relative to itself, so their layout is kept; voice is of no use here. */
async function unpack({ tarball, work, home, platform, signal }: Unpack): Promise<void> {
  const tree = join(work, "tree");
  await mkdir(tree);
  try {
    await run(
      "tar",
      ["-xzf", tarball, "-C", tree, "--strip-components=1", "--exclude=*/codex-resources/voice", "--exclude=*/codex-resources/voice/*"],
      { signal, env: childEnv(process.env) },
    );
    await access(binaryIn(tree, platform), constants.X_OK);
  } catch (cause) {
    signal?.throwIfAborted();
    throw new CodexCliError("unpack", `Could not unpack the Codex CLI into ${dirname(home)}: is there 600 MB of space, and a tar?`, {
      cause,
    });
  }
  try {
    await rename(tree, home);
  } catch (cause) {
    // Another process won: its folder is as complete and as verified as ours.
    if (!(await isExecutable(binaryIn(home, platform)))) throw cause;
  }
}

function binaryIn(home: string, platform: CodexPlatform): string {
  return join(home, "vendor", CODEX_TARGET_TRIPLE[platform], "bin", "codex");
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

type LockOptions = {
  lockFile: string;
  isDone: () => Promise<boolean>;
  onProgress?: FetchCodexCliOptions["onProgress"];
  signal?: AbortSignal;
};

/** Answers the release function, or null when another process finished the work meanwhile. A holder that died stops touching its file. */
async function takeLock({ lockFile, isDone, onProgress, signal }: LockOptions): Promise<(() => Promise<void>) | null> {
  const deadlineMs = Date.now() + WAIT_MS_MAX;
  for (;;) {
    try {
      const handle = await open(lockFile, "wx");
      await handle.close();
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    if (await isDone()) return null;
    const touchedMs = await stat(lockFile).then(
      (found) => found.mtimeMs,
      () => Date.now(),
    );
    if (Date.now() - touchedMs > LOCK_STALE_MS || Date.now() > deadlineMs) await rm(lockFile, { force: true });
    onProgress?.({ phase: "wait", doneBytes: 0, totalBytes: null });
    await delay(LOCK_POLL_MS, undefined, { signal });
  }
  const heartbeat = setInterval(() => {
    const now = new Date();
    // A lock that someone took for stale is only a lost shortcut.
    utimes(lockFile, now, now).catch(() => undefined);
  }, LOCK_HEARTBEAT_MS);
  heartbeat.unref();
  return async () => {
    clearInterval(heartbeat);
    await rm(lockFile, { force: true });
  };
}
