import path from "node:path";
import { makeModelCatalogue } from "@/lib/codex/model-catalogue";
import { DecodedBudget } from "@/lib/http/decoded-budget";
import type { ProcessConfig } from "@/lib/config/load-config";
import { openAppServer } from "@/workers/codex-runner/app-server/app-server";
import type { CodexCliHome } from "@/workers/codex-runner/codex-cli";
import { runTurn } from "@/workers/codex-runner/engine/app-server-turn";
import { runExecTurn } from "@/workers/codex-runner/engine/exec-turn";
import { imageFetcher } from "@/workers/codex-runner/engine/fetch-image";
import { engineSetup } from "@/workers/codex-runner/engine/lean-setup";
import type { TurnEngine } from "@/workers/codex-runner/runner-deps";

type Options = Pick<ProcessConfig, "codexProvider"> & {
  cacheDir: string;
  /** `host:port` of private addresses from which a customer's request may have an image fetched. */
  imagesAllow: readonly string[];
};

/** Fetched images that this process holds at one time, in bytes; a quarter of it, one full turn, for one owner. */
const IMAGE_BYTES_MAX = 128 * 1024 * 1024;

/** The real CLI's app-server. Its own model catalogue is made once per version, by that version. */
export function codexEngine(options: Options): { engine: TurnEngine; close(): Promise<void> } {
  const images = imageFetcher({ allow: options.imagesAllow });
  const source = { fetchImage: images.fetchImage, budget: new DecodedBudget(IMAGE_BYTES_MAX) };
  const modelsOf = ({ binary, version }: CodexCliHome) =>
    makeModelCatalogue({ binary, version, cacheFile: path.join(options.cacheDir, `models-${version}.json`) });
  return {
    engine: {
      setup: async (cli) => engineSetup({ provider: options.codexProvider, models: await modelsOf(cli) }),
      open: (stream, signal) => openAppServer(stream, { signal }),
      runTurn: (run) => runTurn(run, source),
      execTurn: (run) => runExecTurn(run),
    },
    close: () => images.close(),
  };
}
