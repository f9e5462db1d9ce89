import { setTimeout as delay } from "node:timers/promises";
import type { V1NetworkPolicy } from "@kubernetes/client-node";
import { ContainerError } from "@/workers/codex-runner/containers/container-driver";
import { claimName } from "@/workers/codex-runner/containers/kubernetes/account-objects";
import type { Cluster } from "@/workers/codex-runner/containers/kubernetes/cluster";
import { unless } from "@/workers/codex-runner/containers/kubernetes/kubernetes-error";

const HOME_GONE_MS_MAX = 30_000;
const POLL_MS = 200;

/** The same for every lease, so whoever writes it last does no harm. */
export async function writeNetworkPolicy({ networking, namespace }: Cluster, body: V1NetworkPolicy): Promise<void> {
  const made = await unless([409], networking.createNamespacedNetworkPolicy({ namespace, body }));
  if (made === null) await networking.replaceNamespacedNetworkPolicy({ namespace, name: body.metadata?.name ?? "", body });
}

/** Of an account that has no pod any more. */
export async function removeAccount(cluster: Cluster, account: { name: string; selector: string; deleteHome: boolean }): Promise<void> {
  const { apps, core, networking, namespace } = cluster;
  const { name } = account;
  await unless([404], apps.deleteNamespacedStatefulSet({ namespace, name }));
  await core.deleteCollectionNamespacedSecret({ namespace, labelSelector: account.selector });
  await unless([404], networking.deleteNamespacedNetworkPolicy({ namespace, name }));
  if (account.deleteHome) await deleteHome(cluster, name);
}

/** Returns when the claim is gone, and with it whatever the storage class keeps for it. */
async function deleteHome({ core, namespace }: Cluster, name: string): Promise<void> {
  const claim = { namespace, name: claimName(name) };
  await unless([404], core.deleteNamespacedPersistentVolumeClaim(claim));
  const deadline = AbortSignal.timeout(HOME_GONE_MS_MAX);
  while ((await unless([404], core.readNamespacedPersistentVolumeClaim(claim))) !== null) {
    if (deadline.aborted) throw new ContainerError("failed", `The cluster does not let go of the home ${claim.name}.`);
    await delay(POLL_MS);
  }
}
