import { Banner } from "@/components/ui/banner";
import { Facts } from "@/components/ui/facts";
import type { IsolationView } from "@/lib/codex/read-evidence";

/** What really separates a container from its neighbours. What was not found out is said to be unknown. */
export function IsolationFacts({ driver, isolation }: { driver: string | null; isolation: IsolationView | null }) {
  if (!isolation) return <p className="text-sm text-muted">Not known: no runner drives this account now.</p>;
  const { fs, pids, net, uid, limits } = isolation;
  return (
    <div className="grid gap-3">
      {fs === false && pids === false && (
        <Banner tone="bad">No isolation: this driver runs Codex as an ordinary process beside the others.</Banner>
      )}
      <Facts
        rows={[
          { name: "Driver", value: driver ?? "–" },
          { name: "Files", value: yesNo(fs, "sees its own home only", "sees the files of this machine") },
          { name: "Processes", value: yesNo(pids, "sees its own only", "sees the others") },
          { name: "Network", value: net === "allow-list" ? "the allow-list below, nothing else" : net === "open" ? "open" : "unknown" },
          { name: "User", value: uid === "per-account" ? "one of its own" : uid === "shared" ? "shared with other containers" : "unknown" },
          { name: "Memory limit", value: enforced(limits.memory) },
          { name: "CPU limit", value: enforced(limits.cpu) },
          { name: "Process limit", value: enforced(limits.pids) },
          { name: "System call filter", value: systemCallWords(isolation) },
        ]}
      />
    </div>
  );
}

/** A filter is one wall more, not the one that keeps containers apart: that is said beside "off". */
export function systemCallWords({ fs, pids, seccomp }: Pick<IsolationView, "fs" | "pids" | "seccomp">): string {
  const off =
    fs && pids
      ? "off: the kernel answers every call of an ordinary user; namespaces without any privilege keep the container apart"
      : "off";
  return yesNo(seccomp, "on", off);
}

function enforced(value: boolean | null): string {
  return yesNo(value, "enforced", "not enforced by this driver");
}

function yesNo(value: boolean | null, yes: string, no: string): string {
  return value === null ? "unknown" : value ? yes : no;
}
