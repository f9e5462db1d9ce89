import { readdirSync, readFileSync } from "node:fs";

export type IdleMemory = {
  accounts: number;
  /** Of one account, as everything below. */
  processes: number;
  /** What Codex has for itself alone. */
  codexMib: number;
  /** Pages of files, which all that run the same binary share: by their share. */
  binaryMib: number;
  /** Both layers of the sandbox and the process that waits for orphans. */
  bwrapMib: number;
};

const KIB = 1024;
const CODEX = "/opt/codex/bin/codex";

/** Of the sandboxes of one data folder, whatever else runs on this machine; every process of them counts. */
export function idleMemory(dataDir: string): IdleMemory {
  const sum = { accounts: 0, processes: 0, codexMib: 0, binaryMib: 0, bwrapMib: 0 };
  const roots = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && commandOf(name).includes(`${dataDir}/`));
  for (const pid of roots.filter((root) => commandOf(root).includes("--unshare-net")).flatMap(withDescendants)) {
    const { anonymous, file } = pssMibOf(pid);
    sum.processes += 1;
    if (commandOf(pid).startsWith(CODEX)) {
      sum.accounts += 1;
      sum.codexMib += anonymous;
      sum.binaryMib += file;
    } else sum.bwrapMib += anonymous + file;
  }
  const { accounts } = sum;
  const each = (value: number) => value / accounts;
  return {
    accounts,
    processes: each(sum.processes),
    codexMib: each(sum.codexMib),
    binaryMib: each(sum.binaryMib),
    bwrapMib: each(sum.bwrapMib),
  };
}

function withDescendants(pid: string): string[] {
  const tasks = read(`/proc/${pid}/task/${pid}/children`);
  const children = tasks.split(" ").filter((child) => child !== "");
  return [pid, ...children.flatMap(withDescendants)];
}

function pssMibOf(pid: string): { anonymous: number; file: number } {
  const rollup = read(`/proc/${pid}/smaps_rollup`);
  const mib = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(rollup)?.[1] ?? 0) / KIB;
  return { anonymous: mib("Pss_Anon") + mib("Pss_Shmem"), file: mib("Pss_File") };
}

function commandOf(pid: string): string {
  return read(`/proc/${pid}/cmdline`).replaceAll("\0", " ");
}

/** Empty: it has ended meanwhile. */
function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
