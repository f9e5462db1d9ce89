export type SetupTarget = {
  /** What Codex shows as the provider's name. */
  brandName: string;
  /** Lower-case letters, digits, - and _: a bare key of TOML. */
  providerId: string;
  keyEnvName: string;
  /** Without a trailing slash. */
  publicUrl: string;
};

/** How Codex gets the key: from the environment, or from a program that prints one. */
export type ProviderAuth = { kind: "env" } | { kind: "command"; command: string; args: readonly string[] };

/** Codex kills an `auth.command` that takes longer; the helper itself gives up a little earlier. */
const AUTH_TIMEOUT_MS = 15_000;
/** Below the ten minutes that a fetched key lives. */
const AUTH_REFRESH_MS = 480_000;

/** Codex treats a provider that is named exactly "OpenAI" as the original and switches on remote compaction. */
export function providerName(brandName: string): string {
  return brandName.trim().toLowerCase() === "openai" ? `${brandName.trim()} gateway` : brandName;
}

/** A TOML basic string; JSON escapes the same characters, apart from DEL. */
export function tomlString(text: string): string {
  return JSON.stringify(text).replaceAll("\u007f", "\\u007f");
}

/** A TOML literal string, for shells that lose double quotes. What it or they cannot hold is left out. */
export function tomlLiteral(text: string): string {
  return `'${text.replaceAll(/['"\p{Cc}]/gu, "")}'`;
}

/** Stands above the first table of `config.toml`. */
export function topLines({ providerId }: SetupTarget): string[] {
  return [`model_provider = ${tomlString(providerId)}`];
}

/** Stands after everything else. */
export function tableLines(target: SetupTarget, auth: ProviderAuth): string[] {
  const { providerId, keyEnvName, publicUrl } = target;
  const table = [
    `[model_providers.${providerId}]`,
    `name = ${tomlString(providerName(target.brandName))}`,
    `base_url = ${tomlString(`${publicUrl}/v1`)}`,
    `wire_api = "responses"`,
  ];
  if (auth.kind === "env") {
    const instructions = `Make a key at ${publicUrl}/dashboard/setup`;
    return [...table, `env_key = ${tomlString(keyEnvName)}`, `env_key_instructions = ${tomlString(instructions)}`];
  }
  return [
    ...table,
    "",
    `[model_providers.${providerId}.auth]`,
    `command = ${tomlString(auth.command)}`,
    `args = [${auth.args.map(tomlString).join(", ")}]`,
    `timeout_ms = ${AUTH_TIMEOUT_MS}`,
    `refresh_interval_ms = ${AUTH_REFRESH_MS}`,
  ];
}

/** By these two lines the setup scripts know again what is ours. */
export function markers({ providerId, publicUrl }: SetupTarget): { begin: string; end: string } {
  return { begin: `# >>> ${providerId} >>> from ${publicUrl}`, end: `# <<< ${providerId} <<<` };
}

export function markedBlock(target: SetupTarget, lines: readonly string[]): string {
  const { begin, end } = markers(target);
  return [begin, ...lines, end, ""].join("\n");
}

/** The same as `-c` flags of Codex: nothing is written anywhere. */
export function configFlags(target: SetupTarget, toml: (text: string) => string = tomlString): string[] {
  const table = [
    `name=${toml(providerName(target.brandName))}`,
    `base_url=${toml(`${target.publicUrl.replaceAll("'", "%27")}/v1`)}`,
    `env_key=${toml(target.keyEnvName)}`,
    `wire_api=${toml("responses")}`,
  ];
  return [`model_provider=${target.providerId}`, `model_providers.${target.providerId}={${table.join(",")}}`];
}
