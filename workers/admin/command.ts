import type { Command } from "commander";
import { openOffice, type Office } from "@/workers/admin/office";
import { plainText } from "@/workers/admin/plain-text";

/** What a command has to say: `json` for programs, `text` for people. */
export type Output = {
  json: unknown;
  text: string;
  /** Sentences for stderr about what was done all the same. */
  warnings?: readonly string[];
  exitCode?: number;
};

/** Describes one command; `run` gets the open installation and the options as commander read them. */
export function addCommand(
  parent: Command,
  input: {
    name: string;
    description: string;
    options?: (command: Command) => Command;
    /** Its options are what the lines of `options` say; commander cannot tell their types. */
    run: (office: Office, options: never) => Promise<Output>;
  },
): void {
  const command = parent.command(input.name).description(input.description);
  input.options?.(command);
  command.option("--json", "print JSON");
  command.action(async (options: { json?: boolean }) => {
    const office = await openOffice(process.env);
    try {
      const output = await input.run(office, options as never);
      process.stdout.write(`${plainText(options.json ? JSON.stringify(output.json, null, 2) : output.text)}\n`);
      for (const warning of output.warnings ?? []) process.stderr.write(`${plainText(warning)}\n`);
      process.exitCode = output.exitCode ?? 0;
    } finally {
      await office.close();
    }
  });
}
