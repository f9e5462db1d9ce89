import type { Probe } from "@/workers/codex-runner/containers/container-driver";
import type { Cluster } from "@/workers/codex-runner/containers/kubernetes/cluster";

/** What the runner does, and so what its Role in the namespace must allow. */
export const RUNNER_RIGHTS: readonly { group: string; resource: string; verbs: readonly string[] }[] = [
  { group: "", resource: "namespaces", verbs: ["get"] },
  { group: "", resource: "pods", verbs: ["get", "list", "watch", "delete"] },
  // By WebSocket the API has called an exec `get`, and calls it `create` in newer releases.
  { group: "", resource: "pods/exec", verbs: ["get", "create"] },
  { group: "", resource: "secrets", verbs: ["create", "delete", "deletecollection"] },
  { group: "", resource: "persistentvolumeclaims", verbs: ["get", "delete"] },
  { group: "apps", resource: "statefulsets", verbs: ["get", "list", "create", "update", "delete"] },
  { group: "networking.k8s.io", resource: "networkpolicies", verbs: ["create", "update", "delete"] },
];

/** `isPolicyEnforced`: what the operator says of the network plugin; the API takes policies whether anything enforces them or not. */
export async function probeCluster(cluster: Cluster, { isPolicyEnforced }: { isPolicyEnforced: boolean }): Promise<Probe> {
  const missing = await missingRights(cluster);
  if (missing.length > 0) return { ok: false, why: `in namespace ${cluster.namespace} the runner may not ${missing.join(", ")}` };
  return {
    ok: true,
    isolation: {
      fs: true,
      pids: true,
      net: isPolicyEnforced ? "allow-list" : "open",
      // One uid in all of them, each in namespaces of its own.
      uid: "shared",
      // How many processes a pod may have is a setting of its node.
      limits: { memory: true, cpu: true, pids: false },
      seccomp: true,
    },
    notes: [
      isPolicyEnforced
        ? "The operator has said that the cluster's network plugin enforces NetworkPolicies (KUBERNETES_NETWORK_POLICY)."
        : "Nobody has said yet that the cluster's network plugin enforces NetworkPolicies: try it, then set KUBERNETES_NETWORK_POLICY=enforced.",
      "Processes are limited where the nodes' kubelets have a podPidsLimit.",
    ],
  };
}

async function missingRights(cluster: Cluster): Promise<string[]> {
  const wanted = RUNNER_RIGHTS.flatMap(({ verbs, ...right }) => verbs.map((verb) => ({ ...right, verb })));
  const answers = await Promise.all(
    wanted.map(async ({ group, resource, verb }) => {
      const [name, subresource] = resource.split("/");
      const ofNamespace = resource === "namespaces" ? { name: cluster.namespace } : {};
      const body = {
        spec: { resourceAttributes: { namespace: cluster.namespace, group, resource: name, subresource, verb, ...ofNamespace } },
      };
      const review = await cluster.authorization.createSelfSubjectAccessReview({ body });
      return review.status?.allowed === true ? [] : [`${verb} ${resource}`];
    }),
  );
  return answers.flat();
}
