import { CommanderError } from "commander";
import { AppError } from "@/lib/errors/app-error";
import { ConfigError } from "@/lib/config/load-config";
import { plainText } from "@/workers/admin/plain-text";
import { program } from "@/workers/admin/program";
import { OperatorError } from "@/workers/shared/operator-error";

// A reader that has seen enough (`… | head -1`) is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

try {
  await program().parseAsync(process.argv);
} catch (error) {
  process.exitCode = 1;
  report(error);
}

/** One sentence for what the operator can mend; the whole error for what is our bug. */
function report(error: unknown): void {
  if (error instanceof CommanderError) {
    // Commander has already said what was wrong, or has shown the help that was asked for.
    process.exitCode = error.exitCode;
  } else if (error instanceof ConfigError) {
    process.stderr.write(`These settings are wrong: ${error.problems.join(" ")}\n`);
  } else if (error instanceof AppError) {
    const hint =
      error.param === "baseUrl"
        ? " A provider of your own may be on a private address: list its host:port in UPSTREAM_ALLOW, for npm start too."
        : "";
    process.stderr.write(`${plainText(error.message)}${hint}\n`);
  } else if (error instanceof OperatorError) {
    process.stderr.write(`${plainText(error.message)}\n`);
  } else {
    console.error(error);
  }
}
