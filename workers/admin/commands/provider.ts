import { Option, type Command } from "commander";
import { shellWord } from "@/lib/config/shell-word";
import { guardedAgent } from "@/lib/http/guarded-agent";
import { addProvider } from "@/lib/providers/add-provider";
import { requireProvider, type ProviderRow } from "@/lib/providers/find-provider";
import { probeProvider, type ProbeResult } from "@/lib/providers/probe-provider";
import { listProviders } from "@/lib/providers/read";
import { listCurrentPrices } from "@/lib/providers/read-prices";
import { readProviderTarget } from "@/lib/providers/read-provider-target";
import { recordProbe } from "@/lib/providers/record-probe";
import { removeProvider } from "@/lib/providers/remove-provider";
import { selectProvider } from "@/lib/providers/select-provider";
import { requireDatabaseMode } from "@/lib/settings/database-mode";
import { addCommand, type Output } from "@/workers/admin/command";
import type { Office } from "@/workers/admin/office";
import { readSecretFromStdin } from "@/workers/admin/read-secret";
import { table } from "@/workers/admin/table";
import { allowedUpstreams, hostAndPort } from "@/workers/admin/upstreams";

type AddOptions = { name: string; baseUrl: string; authStyle: "bearer" | "api-key"; apiVersion?: string };

export function addProviderCommands(root: Command): void {
  const provider = root.command("provider").description("The operator's metered upstreams; the selected one answers for wallets");
  addCommand(provider, {
    name: "add",
    description: "add a provider, whose key is read from stdin; probe it before it can be selected",
    options: (command) =>
      withName(command)
        .requiredOption("--base-url <url>", "like https://api.openai.com/v1")
        .addOption(
          new Option("--auth-style <style>", "how the key is sent; api-key is Azure's").choices(["bearer", "api-key"]).default("bearer"),
        )
        .option("--api-version <version>", "sent as api-version on every call (Azure)")
        .option("--key-stdin", "read the key from stdin (always done)"),
    run: add,
  });
  addCommand(provider, { name: "list", description: "providers and the result of their last probe", run: listAll });
  addCommand(provider, {
    name: "probe",
    description: "ask for one small answer and see whether usage is reported",
    options: (command) => withName(command).option("--model <model>", "to ask for; else one of the price book"),
    run: probe,
  });
  addCommand(provider, {
    name: "select",
    description: "let it answer for wallets, from the next request on",
    options: withName,
    run: select,
  });
  addCommand(provider, { name: "remove", description: "take it off the list; not the selected one", options: withName, run: remove });
}

function withName(command: Command): Command {
  return command.requiredOption("--name <name>", "of the provider");
}

async function add(office: Office, options: AddOptions): Promise<Output> {
  const secret = await readSecretFromStdin("the provider's key");
  const allow = await allowedUpstreams(office);
  const simulated = (await requireDatabaseMode(office.database.orm)) === "simulated";
  const { name, baseUrl, apiVersion = null } = options;
  const authStyle = options.authStyle === "bearer" ? "bearer" : "api_key";
  const { sealer, actor } = office;
  const added = await office.transact((tx) =>
    addProvider(tx, { name, baseUrl, authStyle, apiVersion, secret, simulated, allow, sealer, actor }),
  );
  return {
    json: added,
    text: `${added.name} is added. Probe it: ${office.commandLine(`provider probe --name ${shellWord(added.name)}`)}`,
  };
}

async function listAll(office: Office): Promise<Output> {
  const providers = await listProviders(office.database.orm, office.viewer);
  const text = table(
    ["provider", "selected", "base URL", "auth", "probe", "what it said"],
    providers.map((provider) => [
      provider.name,
      provider.selected ? "yes" : "",
      provider.baseUrl,
      provider.authStyle,
      provider.trippedAt === null ? provider.probeState : "tripped",
      provider.probeDetail,
    ]),
    "No providers.",
  );
  return { json: providers, text };
}

async function probe(office: Office, options: { name: string; model?: string }): Promise<Output> {
  const provider = await requireProvider(office.database.orm, options.name);
  const result = await ask(office, provider, options.model);
  await office.transact((tx) => recordProbe(tx, { providerId: provider.id, result, actor: office.actor, clock: office.clock }));
  return {
    json: { id: provider.id, name: provider.name, ...result },
    text: `${provider.name} ${result.passed ? "passed" : "failed"}: ${result.detail}`,
    exitCode: result.passed ? 0 : 1,
  };
}

async function ask(office: Office, provider: ProviderRow, model: string | undefined): Promise<ProbeResult> {
  const models = model === undefined ? (await listCurrentPrices(office.database.orm)).map((price) => price.model) : [model];
  const simulated = (await requireDatabaseMode(office.database.orm)) === "simulated";
  const dispatcher = guardedAgent({ allow: [...office.config.upstreamAllow, hostAndPort(provider.baseUrl)] });
  try {
    return await probeProvider({ target: readProviderTarget(provider, office.sealer), models, dispatcher, simulated });
  } finally {
    await dispatcher.close();
  }
}

async function select(office: Office, options: { name: string }): Promise<Output> {
  const provider = await requireProvider(office.database.orm, options.name);
  const { changed } = await office.transact((tx) => selectProvider(tx, { providerId: provider.id, actor: office.actor }));
  return {
    json: { id: provider.id, name: provider.name, changed },
    text: changed ? `${provider.name} answers for wallets from the next request on.` : `${provider.name} is selected already.`,
  };
}

async function remove(office: Office, options: { name: string }): Promise<Output> {
  const provider = await requireProvider(office.database.orm, options.name);
  const { actor, clock } = office;
  await office.transact((tx) => removeProvider(tx, { providerId: provider.id, actor, clock }));
  return { json: { id: provider.id, name: provider.name }, text: `${provider.name} is removed.` };
}
