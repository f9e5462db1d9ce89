import { providerName, tableLines, topLines, type SetupTarget } from "@/lib/codex/setup-config";
import { CODEX_VERSION } from "@/lib/openai/codex-release";

/** Everything that a program needs to set Codex up by itself, and no secret. */
export type PublicCodexConfig = {
  providerId: string;
  name: string;
  baseUrl: string;
  wireApi: "responses";
  /** The environment variable in which Codex looks for the API key. */
  envKey: string;
  /** A whole `config.toml`. */
  configToml: string;
  /** The version of the Codex CLI with which this was tested. */
  testedWith: string;
  setupScripts: { sh: string; powershell: string };
  keysPage: string;
};

export function publicCodexConfig(target: SetupTarget): PublicCodexConfig {
  const { brandName, providerId, keyEnvName, publicUrl } = target;
  return {
    providerId,
    name: providerName(brandName),
    baseUrl: `${publicUrl}/v1`,
    wireApi: "responses",
    envKey: keyEnvName,
    configToml: [...topLines(target), "", ...tableLines(target, { kind: "env" }), ""].join("\n"),
    testedWith: CODEX_VERSION,
    setupScripts: { sh: `${publicUrl}/setup.sh`, powershell: `${publicUrl}/setup.ps1` },
    keysPage: `${publicUrl}/dashboard/keys`,
  };
}
