import { createHmac } from "node:crypto";
import path from "node:path";
import type { Sql } from "postgres";
import type { Logger } from "pino";
import { hasSandboxedHomes } from "@/lib/codex/has-sandboxed-homes";
import type { ProcessConfig } from "@/lib/config/load-config";
import { publicHosting } from "@/lib/config/public-hosting";
import type { CodexCliHome } from "@/workers/codex-runner/codex-cli";
import { createBubblewrapDriver } from "@/workers/codex-runner/containers/bubblewrap/create-bubblewrap-driver";
import { type ChosenDriver, chooseDriver } from "@/workers/codex-runner/containers/choose-driver";
import type { ContainerDriver, DriverKind } from "@/workers/codex-runner/containers/container-driver";
import { createDockerDriver } from "@/workers/codex-runner/containers/docker/docker-driver";
import { readEngines } from "@/workers/codex-runner/containers/docker/read-engines";
import { createKubernetesDriver } from "@/workers/codex-runner/containers/kubernetes/kubernetes-driver";
import { readImages } from "@/workers/codex-runner/containers/kubernetes/read-images";
import { hostName } from "@/workers/codex-runner/host-name";
import { createProcessDriver } from "@/workers/codex-runner/containers/process/create-process-driver";
import { createEgressClient } from "@/workers/codex-runner/containers/shared/egress-client";

const INSTALLATION_CHARS = 12;

type Options = { sql: Sql; config: ProcessConfig; secret: string; log: Logger; cliOf: (version: string) => Promise<CodexCliHome> };

/** What CODEX_DRIVER asks for, if it works here. Throws an `OperatorError` that says what is missing. */
export function openDriver({ sql, config, secret, log, cliOf }: Options): Promise<ChosenDriver> {
  const dataDir = path.resolve(config.dataDir);
  const egress = createEgressClient({ dataDir, secret, port: config.egressPort });
  const create = async (kind: DriverKind): Promise<ContainerDriver> => {
    switch (kind) {
      case "bubblewrap":
        return createBubblewrapDriver({ dataDir, egress, log, vendorDir: async () => (await cliOf(config.codexVersion)).vendorDir });
      case "process":
        return createProcessDriver({ dataDir, egress, log });
      case "docker":
        return createDockerDriver({
          installation: installationOf(secret),
          engines: readEngines(config.dockerHosts),
          tlsDir: config.dockerTlsDir,
          runtime: config.dockerRuntime,
          isFirewallEnforced: config.dockerFirewall === "enforced",
          egress,
          log,
        });
      case "kubernetes":
        return createKubernetesDriver({
          installation: installationOf(secret),
          cluster: { configFile: config.kubernetesConfigFile, namespace: config.kubernetesNamespace },
          images: readImages(config.kubernetesImages),
          storageClass: config.kubernetesStorageClass,
          egress: { ip: config.kubernetesEgressIp, port: config.egressPort, proxyUrl: (identity) => egress.proxyUrl(identity) },
          isPolicyEnforced: config.kubernetesNetworkPolicy === "enforced",
          log,
        });
    }
  };
  return chooseDriver({
    wanted: config.codexDriver,
    engine: config.codexEngine,
    publicBy: publicHosting(config),
    create,
    hasSandboxedHomes: () => hasSandboxedHomes(sql, hostName({ ...config, dataDir }, "bubblewrap")),
    onFallback: (why) => log.warn({ why }, "bubblewrap does not work here"),
  });
}

/** The same on every machine of one installation, and for no other. */
function installationOf(secret: string): string {
  return createHmac("sha256", secret).update("installation").digest("hex").slice(0, INSTALLATION_CHARS);
}
