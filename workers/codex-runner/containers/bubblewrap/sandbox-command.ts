/*
 * The command line of a sandbox, in two layers.
 *
 *   outer bwrap      the machine as it is, but a network namespace of its own, and under /tmp what the inner one shall see. As root
 *                    it is root, so that homes may lie where nobody else can look.
 *   sh               waits for a line on descriptor 4. Until then nothing of Codex runs, and when whoever has started us dies, nothing will.
 *   prlimit, setpriv limits; as root the user of the account, for good
 *   inner bwrap      the sandbox itself: an empty root, its own processes, users, host name and IPC, no capabilities
 *   codex
 *
 * The process of the inner bwrap is the root of the container: it is in the outer network namespace, where the egress proxy opens
 * its door, and everything inside ends with it (`--die-with-parent`).
 */
export const INFO_OUTER_FD = 3;
export const GO_FD = 4;
export const INFO_INNER_FD = 5;

/** The user inside; app-server's socket folder is named after it. */
const INNER_UID = 10_001;
export const SOCKET_INSIDE = "/tmp/app.sock";
const SOCKETS_INSIDE = `/tmp/codex-daemon-${INNER_UID}`;
const CERTIFICATES_INSIDE = "/etc/ssl/certs/ca-certificates.crt";
const TMP_BYTES = 64 * 1024 * 1024;
const SHM_BYTES = 8 * 1024 * 1024;
const OPEN_FILES_MAX = 4096;

export type Sandbox = {
  bwrap: string;
  /** Null: our own. */
  uid: number | null;
  limits: { memoryMiB: number | null; pids: number };
  /** Path outside to path inside. */
  readOnly: readonly (readonly [string, string])[];
  writable: readonly (readonly [string, string])[];
  env: Readonly<Record<string, string>>;
  argv: readonly string[];
};

export type CodexSandbox = Omit<Sandbox, "readOnly" | "writable" | "argv"> & {
  vendorDir: string;
  home: string;
  sockets: string;
  certificates: string;
  proxyUrl: string;
  args: readonly string[];
};

/** `args` are all that stands behind `codex`. */
export function codexSandbox({ vendorDir, home, sockets, certificates, proxyUrl, env, args, ...rest }: CodexSandbox): Sandbox {
  return {
    ...rest,
    readOnly: [
      [vendorDir, "/opt/codex"],
      [certificates, CERTIFICATES_INSIDE],
    ],
    writable: [
      [sockets, SOCKETS_INSIDE],
      [home, "/codex-home"],
    ],
    env: {
      ...env,
      HOME: "/codex-home",
      CODEX_HOME: "/codex-home",
      TMPDIR: "/tmp",
      PATH: "/opt/codex/bin:/opt/codex/codex-path:/opt/codex/codex-resources",
      SSL_CERT_FILE: CERTIFICATES_INSIDE,
      HTTPS_PROXY: proxyUrl,
    },
    argv: ["/opt/codex/bin/codex", ...args],
  };
}

/** Program and arguments, for descriptors 3, 4 and 5 as pipes. */
export function sandboxCommand(sandbox: Sandbox): { program: string; args: string[] } {
  const { bwrap, uid, readOnly, writable } = sandbox;
  const staged = (at: number) => `/tmp/staged-${at}`;
  const outside = [...readOnly, ...writable];
  const isWritable = (at: number) => at >= readOnly.length;
  const stagedBwrap = "/tmp/staged-bwrap";
  return {
    program: bwrap,
    args: [
      ["--info-fd", String(INFO_OUTER_FD)],
      process.getuid?.() === 0 ? [] : ["--unshare-user"],
      ["--unshare-net", "--dev-bind", "/", "/", "--tmpfs", "/tmp"],
      outside.flatMap(([source], at) => [isWritable(at) ? "--bind" : "--ro-bind", source, staged(at)]),
      ["--ro-bind", bwrap, stagedBwrap, "--"],
      ["/bin/sh", "-c", `read -r _ <&${GO_FD} && exec ${GO_FD}<&- ${INFO_OUTER_FD}>&- "$@"`, "sh"],
      limited(sandbox.limits),
      uid === null ? [] : withUid(uid),
      [stagedBwrap, "--info-fd", String(INFO_INNER_FD), "--die-with-parent"],
      ["--unshare-user", "--uid", String(INNER_UID), "--gid", String(INNER_UID)],
      ["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", "--hostname", "codex", "--new-session"],
      ["--cap-drop", "ALL", "--clearenv"],
      Object.entries(sandbox.env).flatMap(([name, value]) => ["--setenv", name, value]),
      readOnly.flatMap(([, inside], at) => ["--ro-bind", staged(at), inside]),
      // A file system in memory has no bound of its own: each that may be written gets one, and the one under /dev is closed.
      ["--proc", "/proc", "--dev", "/dev", "--size", String(SHM_BYTES), "--tmpfs", "/dev/shm", "--remount-ro", "/dev"],
      ["--size", String(TMP_BYTES), "--tmpfs", "/tmp"],
      writable.flatMap(([, inside], at) => ["--bind", staged(readOnly.length + at), inside]),
      ["--dir", "/work", "--chdir", "/work", "--remount-ro", "/", "--disable-userns"],
      sandbox.argv,
    ].flat(),
  };
}

function limited({ memoryMiB, pids }: Sandbox["limits"]): string[] {
  const memory = memoryMiB === null ? [] : [`--data=${memoryMiB * 1024 * 1024}`];
  return ["prlimit", `--nofile=${OPEN_FILES_MAX}`, "--core=0", `--nproc=${pids}`, ...memory, "--"];
}

function withUid(uid: number): string[] {
  const user = ["--reuid", String(uid), "--regid", String(uid), "--clear-groups"];
  return ["setpriv", ...user, "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all", "--"];
}
