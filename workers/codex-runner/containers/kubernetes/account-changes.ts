import type { ContainerChange } from "@/workers/codex-runner/containers/container-driver";
import { LABELS } from "@/workers/codex-runner/containers/kubernetes/account-objects";
import type { Pods } from "@/workers/codex-runner/containers/kubernetes/follow-pods";
import { lastEnd, podState } from "@/workers/codex-runner/containers/kubernetes/pod-state";

/** Turns looks at all pods into what changed between them: it keeps which run of Codex was seen last for every account. */
export class AccountChanges {
  readonly #running = new Map<string, string>();

  /** The changes since the last look. */
  look(pods: Pods): ContainerChange[] {
    const changes: ContainerChange[] = [];
    const seen = new Set<string>();
    for (const pod of pods.values()) {
      const accountId = pod.metadata?.labels?.[LABELS.account];
      if (accountId === undefined) continue;
      seen.add(accountId);
      const state = podState(pod);
      const before = this.#running.get(accountId);
      const now = state.kind === "running" ? `${pod.metadata?.uid} ${state.instance}` : undefined;
      if (before === now) continue;
      if (before !== undefined) {
        const end = lastEnd(pod);
        const isLost = state.kind === "silent" || end === null;
        changes.push(isLost ? lost(accountId) : { accountId, state: "exited", code: end.code, oom: end.oom });
      }
      if (now === undefined) this.#running.delete(accountId);
      else {
        this.#running.set(accountId, now);
        changes.push({ accountId, state: "running", code: null, oom: false });
      }
    }
    for (const accountId of this.#running.keys()) {
      if (seen.has(accountId)) continue;
      this.#running.delete(accountId);
      changes.push(lost(accountId));
    }
    return changes;
  }
}

function lost(accountId: string): ContainerChange {
  return { accountId, state: "lost", code: null, oom: false };
}
