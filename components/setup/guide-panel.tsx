import type { ReactNode } from "react";
import { CommandLine } from "@/components/dashboard/command-line";
import { Callout } from "@/components/ui/callout";
import { Disclosure } from "@/components/ui/disclosure";
import type { SetupTarget } from "@/lib/codex/setup-config";
import type { Command, Credential, Guide, System, Way } from "@/lib/codex/setup-guide";

type Props = { system: System; way: Way; guide: Guide | null; credential: Credential | null; target: SetupTarget };

/** The commands of one system, from the first to the one that takes everything back. */
export function GuidePanel({ system, way, guide, credential, target }: Props) {
  if (!guide) return <Callout>The address of this installation cannot be written in a line of cmd. Use PowerShell.</Callout>;
  const isWindows = system === "powershell" || system === "cmd";
  const isInstalled = way !== "once" || system === "vscode";
  const commands = [...guide.steps, guide.test];
  const secret = credential?.secret ?? null;
  return (
    <div className="grid gap-4">
      {credential === null && (
        <Callout>
          {isInstalled
            ? "No key is chosen yet. The setup line works all the same: the script asks for the key."
            : "No key is chosen yet: the commands hold a placeholder."}
        </Callout>
      )}
      {credential?.kind === "helper" && (isWindows || !isInstalled) && (
        <Callout tone="warn">
          {isWindows ? "The helper is for Linux, macOS and WSL." : "A command for one start needs a key itself."} Choose a key above
          instead.
        </Callout>
      )}
      {credential?.kind === "helper" && secret === null && !isWindows && isInstalled && (
        <Callout>No helper is made yet. The setup line works all the same: the script asks for the helper’s secret.</Callout>
      )}
      {system === "vscode" && (
        <Callout>
          The extension reads the same config.toml as the command line. A variable reaches it only if VS Code was started where the variable
          is; with “No API key on this machine” it needs none. Quit VS Code altogether and start it again afterwards.
        </Callout>
      )}
      {system === "wsl" && (
        <Callout>
          Run these inside WSL: it has a home folder, and so a Codex, of its own. A VS Code window that is connected to WSL uses that one
          too.
        </Callout>
      )}
      {commands.map((command) => (
        <CommandLine key={command.title} {...command} />
      ))}
      {!isInstalled && !isWindows && (
        <p className="text-sm text-muted">
          A machine on which the helper is set up needs no such line, and Codex refuses it there: plain{" "}
          <code className="font-mono text-xs">codex</code> works.
        </p>
      )}
      {credential && secret !== null && commands.some(({ line }) => line.includes(secret)) && (
        <p className="text-sm text-muted">
          Your shell may keep the line with the {credential.kind === "key" ? "key" : "helper’s secret"} in its history.
        </p>
      )}
      {isInstalled && (
        <p className="text-sm text-muted">
          Read the script first:{" "}
          {(system === "vscode" ? ["sh", "ps1"] : [isWindows ? "ps1" : "sh"]).map((end) => (
            <a key={end} href={`/setup.${end}`} className="mr-3 text-accent underline underline-offset-2">
              setup.{end}
            </a>
          ))}
        </p>
      )}
      <More title={guide.undo ? "Resume and undo" : "Resume"} commands={[guide.resume, ...(guide.undo ? [guide.undo] : [])]}>
        {guide.undo
          ? "Undo brings config.toml back byte for byte. If Codex has changed it in the meantime, only our lines go."
          : "There is nothing to undo."}
      </More>
      {guide.byHand.length > 0 && (
        <More title="By hand, without the script" commands={guide.byHand}>
          If config.toml has a line <code className="font-mono text-xs">model_provider = …</code> of its own, put a # before it. Never name
          the provider “OpenAI”; {target.providerId} is what Codex calls it here.
        </More>
      )}
    </div>
  );
}

function More({ title, commands, children }: { title: string; commands: readonly Command[]; children: ReactNode }) {
  return (
    <Disclosure title={title}>
      <div className="grid gap-4">
        {commands.map((command) => (
          <CommandLine key={command.title} {...command} />
        ))}
        <p className="text-sm text-muted">{children}</p>
      </div>
    </Disclosure>
  );
}
