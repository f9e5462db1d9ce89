import { CommandLine } from "@/components/dashboard/command-line";
import { Accordion } from "@/components/ui/accordion";
import { Card } from "@/components/ui/card";
import type { SetupTarget } from "@/lib/codex/setup-config";

/** What goes wrong most, each with its remedy. */
export function SetupTraps({ target: { keyEnvName, providerId } }: { target: SetupTarget }) {
  return (
    <Card title="If it does not work">
      <Accordion
        items={[
          {
            id: "daemon",
            title: "Codex goes on with an old key",
            content: (
              <div className="grid gap-3 text-sm">
                <p>
                  The interactive Codex leaves a daemon running that keeps the variables of its first start. After a change of the key, stop
                  it once. Commands with -c and the helper are not affected.
                </p>
                <CommandLine title="Stop the daemon" line="codex app-server daemon stop" what="the line that stops the daemon" />
              </div>
            ),
          },
          {
            id: "two-ways",
            title: "“provider auth cannot be combined with env_key”",
            content: (
              <p className="text-sm">
                The helper is set up for good, and “Once” adds a variable to the same provider. Start Codex without the line of “Once”, or
                take the helper back first.
              </p>
            ),
          },
          {
            id: "variable",
            title: `“Missing environment variable: ${keyEnvName}”`,
            content: (
              <p className="text-sm">
                The terminal or editor was started before the variable was there. Open a new terminal. VS Code from the dock or the start
                menu does not read your shell’s files: start it from the terminal with <code className="font-mono text-xs">code .</code>, or
                use the helper, which needs no variable.
              </p>
            ),
          },
          {
            id: "signed-in",
            title: "Codex is signed in to OpenAI on this machine",
            content: (
              <p className="text-sm">
                Requests through {providerId} carry only your key, never your ChatGPT sign-in. Codex itself still talks to OpenAI beside us,
                for plugins and statistics. “Beside another Codex” keeps the two apart altogether.
              </p>
            ),
          },
          {
            id: "openai-name",
            title: "The provider must not be called “OpenAI”",
            content: (
              <p className="text-sm">
                Codex takes a provider of that name for the original and sends it requests in a form of its own. The lines here never do
                that; keep it so when you write the block yourself.
              </p>
            ),
          },
          {
            id: "base-url",
            title: "OPENAI_BASE_URL has no effect",
            content: (
              <p className="text-sm">
                Codex does not read it; it needs the provider block. SDKs do read it, and work with it and your key.
              </p>
            ),
          },
          {
            id: "resume",
            title: "Going on with a session",
            content: (
              <p className="text-sm">
                Codex keeps sessions in its own folder on your machine, per directory. “Once” and “for good” share that folder; “beside
                another Codex” has its own, so start and resume it with the same command. Answers of codex exec are listed with{" "}
                <code className="font-mono text-xs">--include-non-interactive</code>.
              </p>
            ),
          },
        ]}
      />
    </Card>
  );
}
