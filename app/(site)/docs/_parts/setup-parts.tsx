import type { MDXComponents } from "mdx/types";
import type { DocsValues } from "@/app/(site)/docs/_parts/docs-values";
import type { Rendering } from "@/app/(site)/docs/_parts/docs-parts";
import { SNIPPETS, type SnippetName } from "@/app/(site)/docs/_parts/snippets";
import { setupGuide, type Command, type Guide, type System, type Way } from "@/lib/codex/setup-guide";

type Shown = "steps" | "test" | "resume" | "undo" | "byHand";

const LABELS: Record<System, string> = { unix: "Linux, macOS", powershell: "PowerShell", cmd: "cmd", wsl: "WSL", vscode: "VS Code" };
const LANGUAGES: Record<System, string> = { unix: "bash", wsl: "bash", vscode: "bash", powershell: "powershell", cmd: "bat" };
const EVERYWHERE: readonly System[] = ["unix", "powershell", "cmd", "wsl"];

/** Commands as the dashboard's setup page shows them, without a key. */
export function setupParts(values: DocsValues, { Code, Choices }: Rendering): MDXComponents {
  return {
    Snippet: ({ name }: { name: SnippetName }) => <Code {...SNIPPETS[name](values)} />,
    Setup: ({ way, show = ["steps"], systems = EVERYWHERE }: { way: Way; show?: readonly Shown[]; systems?: readonly System[] }) => {
      const choices = systems.map((system) => {
        const guide = setupGuide({ target: values.target, credential: null, model: values.model, system, way });
        const content = guide ? (
          <Commands commands={chosen(guide, show)} lang={LANGUAGES[system]} />
        ) : (
          <p>The address of this installation cannot be written in a line of cmd. Use PowerShell.</p>
        );
        return { id: system, label: LABELS[system], content };
      });
      return choices.length === 1 ? choices[0]!.content : <Choices label="Your system" remember="setup-system" choices={choices} />;
    },
  };

  function Commands({ commands, lang }: { commands: readonly Command[]; lang: string }) {
    return commands.map(({ title, line }) => <Code key={title} code={line} title={title} lang={languageOf(line, lang)} />);
  }
}

function chosen(guide: Guide, show: readonly Shown[]): Command[] {
  return show.flatMap((part) => guide[part] ?? []);
}

/** Blocks of the configuration file stand among the commands. */
function languageOf(line: string, shell: string): string {
  return line.startsWith("# >>>") ? "toml" : shell;
}
