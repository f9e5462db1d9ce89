import { isLoopbackHost } from "@/lib/config/load-config";
import { OperatorError } from "@/workers/shared/operator-error";

/** Simulated money and answers are for the person at this machine. */
export function refuseOpenSimulation(host: string): void {
  if (isLoopbackHost(host)) return;
  throw new OperatorError(
    `A simulated installation listens on this machine only, and HOST is ${host}. Unset HOST, or start a real installation with OPENAI_API_KEY.`,
  );
}
