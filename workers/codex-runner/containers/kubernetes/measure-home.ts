import { text } from "node:stream/consumers";
import { CODEX_HOME } from "@/workers/codex-runner/containers/docker/container-spec";
import type { Cluster } from "@/workers/codex-runner/containers/kubernetes/cluster";
import { execInPod } from "@/workers/codex-runner/containers/kubernetes/exec-in-pod";

/**
 * The cluster tells a volume's size only to those who may do everything on its nodes, and the image holds no `du`. But Codex brings
 * ripgrep, which says how many bytes it has searched, and prints nothing else when it is asked to be quiet.
 */
const EVERY_LINE = "^";
const COMMAND = [
  "/opt/codex/codex-path/rg",
  "--no-config",
  "-uuu",
  "--text",
  "--quiet",
  "--stats",
  "--no-messages",
  EVERY_LINE,
  CODEX_HOME,
];
const MEASURE_MS_MAX = 20_000;
const SEARCHED = /^(\d+) bytes searched$/m;

export async function measureHome(cluster: Cluster, pod: string): Promise<number> {
  const stream = await execInPod(cluster, { pod, command: COMMAND, signal: AbortSignal.timeout(MEASURE_MS_MAX) });
  const [, bytes] = SEARCHED.exec(await text(stream)) ?? [];
  if (bytes === undefined) throw new Error(`the size of the home in pod ${pod} cannot be told`);
  return Number(bytes);
}
