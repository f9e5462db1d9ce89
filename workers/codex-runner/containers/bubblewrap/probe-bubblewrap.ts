import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import path from "node:path";
import { promisify } from "node:util";
import type { Isolation, Probe } from "@/workers/codex-runner/containers/container-driver";
import { findBwrap } from "@/workers/codex-runner/containers/bubblewrap/find-bwrap";
import { startSandbox } from "@/workers/codex-runner/containers/bubblewrap/start-sandbox";
import { canGiveUids } from "@/workers/codex-runner/containers/shared/account-uid";
import { joinCgroups, makeCgroups, removeCgroups } from "@/workers/codex-runner/containers/shared/cgroups";
import { runsFolder } from "@/workers/codex-runner/containers/shared/account-folders";
import { lastWords } from "@/workers/codex-runner/containers/shared/error-log";
import { signal, untilGone } from "@/workers/codex-runner/containers/shared/process-mark";

const run = promisify(execFile);
const TRIAL_MS_MAX = 10_000;
const END_MS_MAX = 5_000;
const TRIAL_LIMITS = { memoryMiB: 32, cpus: 1, pids: 24 };
const ANY_UID = 65_534;

/** More processes than the limit; the shell gives up at the first that it cannot make. */
const MANY_PROCESSES = "i=0; while [ $i -lt 60 ]; do sleep 5 & i=$((i+1)); done; exit 0";
/** Needs more memory than the limit. */
const MUCH_MEMORY = "exec dd if=/dev/zero of=/dev/null bs=64M count=1";
/** Alone in its namespaces: two processes at most, no interface but lo, and nothing that it may write, or not without a bound. */
const ALONE =
  'set -- /proc/[0-9]*; [ $# -le 3 ] || exit 21; [ "$(grep -c : /proc/net/dev)" = 1 ] || exit 22; [ ! -w / ] || exit 23; ' +
  "[ ! -w /dev ] || exit 24; ! dd if=/dev/zero of=/dev/shm/much bs=1M count=9 2>/dev/null || exit 25; rm -f /dev/shm/much; exit 0";

const WHY_NOT: Record<number, string> = {
  21: "processes of the machine are visible inside",
  22: "network interfaces of the machine are visible inside",
  23: "the root folder can be written inside",
  24: "the folder of devices can be written inside",
  25: "shared memory has no bound inside",
};

/**
 * Starts short-lived sandboxes of the same kind as those of the accounts, and lets them break their limits. Tried twice: one that
 * failed on a machine that was busy at that moment is no reason to do without.
 */
export async function probeBubblewrap(where: { dataDir: string; vendorDir: string }): Promise<Probe> {
  const first = await probeOnce(where);
  return first.ok ? first : probeOnce(where);
}

async function probeOnce({ dataDir, vendorDir }: { dataDir: string; vendorDir: string }): Promise<Probe> {
  if (process.platform !== "linux") return { ok: false, why: "bubblewrap exists on Linux only" };
  const missing = await missingTools();
  if (missing.length > 0) return { ok: false, why: `${missing.join(", ")} of util-linux is not installed` };
  try {
    const bwrap = await findBwrap(vendorDir);
    const trial = (script: string) => runTrial({ dataDir, bwrap, script });
    const alone = await trial(ALONE);
    if (alone.code !== 0) return { ok: false, why: WHY_NOT[alone.code ?? -1] ?? blame(alone.said) };
    const [many, much] = [await trial(MANY_PROCESSES), await trial(MUCH_MEMORY)];
    const isolation: Isolation = {
      fs: true,
      pids: true,
      net: "allow-list",
      uid: canGiveUids() ? "per-account" : "shared",
      limits: { memory: much.code !== 0, cpu: alone.cgroups.cpu, pids: many.code !== 0 },
      seccomp: false,
    };
    return { ok: true, isolation, notes: notesOn(isolation, alone.cgroups) };
  } catch (error) {
    return { ok: false, why: blame((error as Error).message) };
  }
}

function notesOn({ uid, limits }: Isolation, cgroups: { memory: boolean }): string[] {
  return [
    ...(uid === "shared" ? ["All containers run as the user of the runner; started as root, each account gets a user of its own."] : []),
    ...(limits.memory && !cgroups.memory ? ["Memory is limited per process (rlimit), not for the container as a whole."] : []),
    ...(limits.cpu ? [] : ["A container may use all processors: limiting that needs root and writable control groups."]),
  ];
}

type Trial = { code: number | null; said: string; cgroups: { memory: boolean; cpu: boolean; pids: boolean } };

async function runTrial({ dataDir, bwrap, script }: { dataDir: string; bwrap: string; script: string }): Promise<Trial> {
  mkdirSync(runsFolder(dataDir), { recursive: true, mode: 0o700 });
  const log = path.join(runsFolder(dataDir), `probe-${randomUUID()}`);
  const errors = openSync(log, "ax", 0o600);
  // Always the same name: what a probe that was killed has left is used and removed by the next.
  const cgroups = makeCgroups(dataDir, "probe", TRIAL_LIMITS);
  const abort = AbortSignal.timeout(TRIAL_MS_MAX);
  try {
    const { memoryMiB, pids } = TRIAL_LIMITS;
    const sandbox = await startSandbox(
      {
        bwrap,
        uid: canGiveUids() ? ANY_UID : null,
        limits: { memoryMiB: cgroups.limits.memory ? null : memoryMiB, pids },
        // The machine's own programs stand in for Codex.
        readOnly: ["/bin", "/usr", "/lib", "/lib64", "/etc"].filter(isThere).map((folder) => [folder, folder] as const),
        writable: [],
        env: { PATH: "/usr/bin:/bin:/usr/sbin:/sbin" },
        argv: ["/bin/sh", "-c", script],
      },
      { input: "ignore", output: "ignore", errors, signal: abort },
    );
    try {
      joinCgroups(cgroups.folders, sandbox.root.pid);
      await run("nsenter", [...enterNetwork(), "--target", String(sandbox.root.pid), "--", "/bin/sh", "-c", "exit 0"]);
      await sandbox.go().catch(() => undefined);
      const code = await Promise.race([sandbox.ended, aborted(abort)]);
      return { code, said: lastWords(log), cgroups: cgroups.limits };
    } finally {
      signal(sandbox.root, "SIGKILL");
      await untilGone([sandbox.root, sandbox.outer], END_MS_MAX);
    }
  } catch (error) {
    throw new Error(lastWords(log) || (error as Error).message, { cause: error });
  } finally {
    closeSync(errors);
    rmSync(log, { force: true });
    await removeCgroups(cgroups.folders);
  }
}

/** As the egress proxy enters it. */
function enterNetwork(): string[] {
  return [...(process.getuid?.() === 0 ? [] : ["--user", "--preserve-credentials"]), "--net"];
}

async function missingTools(): Promise<string[]> {
  const tools = ["prlimit", "nsenter", ...(process.getuid?.() === 0 ? ["setpriv"] : [])];
  const found = await Promise.all(
    tools.map((tool) =>
      run(tool, ["--version"]).then(
        () => true,
        () => false,
      ),
    ),
  );
  return tools.filter((_, at) => !found[at]);
}

/** Most machines where it fails forbid what it is made of. */
function blame(said: string): string {
  if (!/permission denied|operation not permitted|no permissions to create/i.test(said)) return said || "a sandbox cannot be started";
  const restricted = readSysctl("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") === "1";
  const advice = restricted
    ? "AppArmor forbids it: set kernel.apparmor_restrict_unprivileged_userns=0, or start as root"
    : "this machine forbids user namespaces to ordinary users: allow them, or start as root";
  return `${said} (${advice})`;
}

function readSysctl(file: string): string | null {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return null;
  }
}

function isThere(folder: string): boolean {
  try {
    closeSync(openSync(folder, "r"));
    return true;
  } catch {
    return false;
  }
}

function aborted(abort: AbortSignal): Promise<never> {
  return new Promise((_, reject) => abort.addEventListener("abort", () => reject(new Error("a sandbox does not end")), { once: true }));
}
