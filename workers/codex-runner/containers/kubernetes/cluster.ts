import type {
  AppsV1Api,
  AuthorizationV1Api,
  Configuration,
  CoreV1Api,
  KubeConfig,
  NetworkingV1Api,
  RequestContext,
} from "@kubernetes/client-node";
import { ContainerError } from "@/workers/codex-runner/containers/container-driver";

/** One namespace of one cluster, as the runner speaks to it. */
export type Cluster = {
  config: KubeConfig;
  namespace: string;
  /** For messages. */
  server: string;
  apps: AppsV1Api;
  authorization: AuthorizationV1Api;
  core: CoreV1Api;
  networking: NetworkingV1Api;
};

export type ClusterAddress = {
  /** Null: where the clients of Kubernetes look by themselves. */
  configFile: string | null;
  namespace: string;
};

const PACKAGE = "@kubernetes/client-node";
const CALL_MS_MAX = 30_000;

/** The client's package is large and optional, so it is loaded only where a cluster is used. */
export async function openCluster({ configFile, namespace }: ClusterAddress): Promise<Cluster> {
  const kubernetes = await loadClient();
  const config = new kubernetes.KubeConfig();
  try {
    if (configFile === null) config.loadFromDefault();
    else config.loadFromFile(configFile);
  } catch (cause) {
    throw new ContainerError("driver_missing", `The kubeconfig cannot be read: ${(cause as Error).message}`, { cause });
  }
  const server = config.getCurrentCluster()?.server;
  if (server === undefined) throw new ContainerError("driver_missing", "The kubeconfig has no current context.");
  const configuration = kubernetes.createConfiguration({
    baseServer: new kubernetes.ServerConfiguration(server, {}),
    authMethods: { default: config },
    promiseMiddleware: [
      {
        pre: (context: RequestContext) => {
          context.setSignal(AbortSignal.timeout(CALL_MS_MAX));
          return Promise.resolve(context);
        },
        post: (context) => Promise.resolve(context),
      },
    ],
  });
  const client = <T>(Api: new (configuration: Configuration) => T): T => new Api(configuration);
  return {
    config,
    namespace,
    server,
    apps: client(kubernetes.AppsV1Api),
    authorization: client(kubernetes.AuthorizationV1Api),
    core: client(kubernetes.CoreV1Api),
    networking: client(kubernetes.NetworkingV1Api),
  };
}

async function loadClient() {
  try {
    return await import("@kubernetes/client-node");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw cause;
    throw new ContainerError("driver_missing", `The client of Kubernetes is not installed: run npm ci --include=optional (${PACKAGE}).`, {
      cause,
    });
  }
}
