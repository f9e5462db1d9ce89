import type { Command } from "commander";
import { openOffice, type Office } from "@/workers/admin/office";

/** What a command has to say: `json` for programs, `text` for people. */
export type Output = { json: unknown; text: string; exitCode?: number };

/** Describes one command; `run` gets the open installation and the options as commander read them. */
export function addCommand<O extends object>(
  parent: Command,
  input: { name: string; description: string; options?: (command: Command) => Command; run: (office: Office, options: O) => Promise<Output> },
): void {
  const command = parent.command(input.name).description(input.description);
  input.options?.(command);
  command.option("--json", "print JSON");
  command.action(async (options: O & { json?: boolean }) => {
    const office = await openOffice(process.env);
    try {
      const output = await input.run(office, options);
      process.stdout.write(options.json ? `${JSON.stringify(output.json, null, 2)}\n` : `${output.text}\n`);
      process.exitCode = output.exitCode ?? 0;
    } finally {
      await office.close();
    }
  });
}
