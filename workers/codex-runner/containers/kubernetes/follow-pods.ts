import { once } from "node:events";
import { type IncomingMessage, get as getHttp } from "node:http";
import { get as getHttps, type RequestOptions } from "node:https";
import { setTimeout as delay } from "node:timers/promises";
import type { V1Pod } from "@kubernetes/client-node";
import type { Cluster } from "@/workers/codex-runner/containers/kubernetes/cluster";

export type Follow = {
  cluster: Cluster;
  /** Labels, as `name=value,name=value`. */
  selector: string;
  signal: AbortSignal;
  /** Null: the API answers (again). */
  onTrouble?: (trouble: Error | null) => void;
};

/** By name. */
export type Pods = ReadonlyMap<string, V1Pod>;

type WatchEvent = { type: string; object: V1Pod & { code?: number; message?: string } };

const RETRY_MS_MIN = 200;
const RETRY_MS_MAX = 5_000;
/** The API ends a watch after this long; we go on where it ended. */
const WATCH_S = 240;
/** A cluster whose machine lost its power does not say so. */
const KEEP_ALIVE_MS = 15_000;
const CONNECT_MS_MAX = 10_000;
const LINE_CHARS_MAX = 4 * 1024 * 1024;

/**
 * The pods as they are, and again after every change, until the signal ends it. What happened while the API was away has no events:
 * after every trouble the pods are counted anew.
 */
export async function* followPods(follow: Follow): AsyncGenerator<Pods> {
  let retryMs = RETRY_MS_MIN;
  while (!follow.signal.aborted) {
    try {
      for await (const pods of countAndWatch(follow)) {
        retryMs = RETRY_MS_MIN;
        follow.onTrouble?.(null);
        yield pods;
        if (follow.signal.aborted) return;
      }
    } catch (error) {
      if (follow.signal.aborted) return;
      follow.onTrouble?.(error as Error);
    }
    await delay(retryMs, undefined, { signal: follow.signal }).catch(() => undefined);
    retryMs = Math.min(retryMs * 2, RETRY_MS_MAX);
  }
}

async function* countAndWatch({ cluster, selector, signal }: Follow): AsyncGenerator<Pods> {
  const { namespace } = cluster;
  const listed = await cluster.core.listNamespacedPod({ namespace, labelSelector: selector });
  const pods = new Map(listed.items.map((pod) => [pod.metadata?.name ?? "", pod]));
  let version = listed.metadata?.resourceVersion ?? "";
  yield pods;
  while (!signal.aborted) {
    for await (const { type, object } of watchEvents(cluster, { selector, version, signal })) {
      // 410: what happened since that version is forgotten.
      if (type === "ERROR") throw new Error(`the watch was ended: ${object.code} ${object.message}`);
      version = object.metadata?.resourceVersion ?? version;
      if (type === "BOOKMARK") continue;
      const name = object.metadata?.name ?? "";
      if (type === "DELETED") pods.delete(name);
      else pods.set(name, object);
      yield pods;
    }
  }
}

type Watch = { selector: string; version: string; signal: AbortSignal };

async function* watchEvents(cluster: Cluster, watch: Watch): AsyncGenerator<WatchEvent> {
  const response = await openWatch(cluster, watch);
  try {
    if (response.statusCode !== 200) throw Object.assign(new Error(`the watch was refused: ${response.statusCode}`));
    let text = "";
    response.setEncoding("utf8");
    for await (const chunk of response) {
      text += String(chunk);
      if (text.length > LINE_CHARS_MAX) throw new Error("an event of the watch has no end");
      const lines = text.split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) yield JSON.parse(line) as WatchEvent;
    }
  } finally {
    response.destroy();
  }
}

async function openWatch(cluster: Cluster, { selector, version, signal }: Watch): Promise<IncomingMessage> {
  const url = new URL(`${cluster.server}/api/v1/namespaces/${cluster.namespace}/pods`);
  const query = { watch: "true", allowWatchBookmarks: "true", timeoutSeconds: String(WATCH_S), resourceVersion: version };
  for (const [name, value] of Object.entries({ ...query, labelSelector: selector })) url.searchParams.set(name, value);
  const options: RequestOptions = { headers: { accept: "application/json" }, signal };
  await cluster.config.applyToHTTPSOptions(options);
  const request = (url.protocol === "https:" ? getHttps : getHttp)(url, options);
  // Without a listener of its own, an error after the answer would end the process; the answer tells it as well.
  request.on("error", () => undefined);
  const [response] = (await once(request, "response", {
    signal: AbortSignal.any([signal, AbortSignal.timeout(CONNECT_MS_MAX)]),
  }).catch((error: unknown) => {
    request.destroy();
    throw error;
  })) as [IncomingMessage];
  response.socket.setKeepAlive(true, KEEP_ALIVE_MS);
  return response;
}
