import path from "node:path";
import { CODEX_VERSION } from "@/lib/codex/codex-release";
import { fetchCodexCli } from "@/lib/codex/fetch-cli";
import { makeModelCatalogue } from "@/lib/codex/model-catalogue";
import type { Runtime } from "@/lib/runtime/runtime";

/** Codex's own model rows for `GET /v1/models`, made by the CLI itself. Without a registry the list stays empty, which Codex accepts. */
export async function makeCatalogue({ config, log }: Runtime): Promise<void> {
  let lastTenth = -1;
  const cli = await fetchCodexCli({
    version: CODEX_VERSION,
    cacheDir: path.join(config.dataDir, "codex"),
    onProgress: ({ phase, doneBytes, totalBytes }) => {
      const tenth = totalBytes ? Math.floor((doneBytes / totalBytes) * 10) : 0;
      if (phase !== "download" || tenth === lastTenth) return;
      lastTenth = tenth;
      log.info(`fetching Codex CLI ${CODEX_VERSION} for its model catalogue: ${tenth * 10} %`);
    },
  });
  const models = await makeModelCatalogue({
    binary: cli.binary,
    version: cli.version,
    cacheFile: path.join(config.dataDir, "codex-models.json"),
  });
  log.info({ models: models.length }, "Codex model catalogue ready");
}
