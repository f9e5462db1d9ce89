import path from "node:path";
import { CODEX_VERSION } from "@/lib/openai/codex-release";
import { fetchCodexCli } from "@/lib/codex/fetch-cli";
import { makeModelCatalogue } from "@/lib/codex/model-catalogue";
import type { Runtime } from "@/lib/runtime/runtime";

/** Codex's own model rows for `GET /v1/models`, made by the CLI itself. Without a registry the list stays empty, which Codex accepts. */
export async function makeCatalogue({ config, log }: Runtime): Promise<void> {
  let fetching = false;
  const cli = await fetchCodexCli({
    version: CODEX_VERSION,
    cacheDir: path.join(config.dataDir, "codex"),
    onProgress: ({ phase }) => {
      if (phase !== "download" || fetching) return;
      fetching = true;
      log.info(`fetching Codex CLI ${CODEX_VERSION} for its model catalogue`);
    },
  });
  const models = await makeModelCatalogue({
    binary: cli.binary,
    version: cli.version,
    cacheFile: path.join(config.dataDir, "codex-models.json"),
  });
  // A start that finds everything in place has nothing to tell.
  log[fetching ? "info" : "debug"]({ models: models.length }, "Codex model catalogue ready");
}
