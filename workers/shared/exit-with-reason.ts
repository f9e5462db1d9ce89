import { AppError } from "@/lib/errors/app-error";
import { OperatorError } from "@/workers/shared/operator-error";

/** For a process that must not go on: one sentence for what the operator can mend, the whole error for what is our bug. */
export function exitWithReason(error: unknown): never {
  if (error instanceof OperatorError || error instanceof AppError) process.stderr.write(`${error.message}\n`);
  else console.error(error);
  process.exit(1);
}
