import type { ProcessConfig } from "@/lib/config/load-config";
import type { DatabaseMode } from "@/workers/start/stamp-database";

/** What a person reads once everything runs. */
export function summaryText({
  config,
  mode,
  firstAdmin,
  command,
}: {
  config: Pick<ProcessConfig, "brandName" | "publicUrl">;
  mode: DatabaseMode;
  firstAdmin: { username: string; oneTimePassword: string } | null;
  /** An admin command as a whole line. */
  command: (args: string) => string;
}): string {
  const lines = ["", `${config.brandName} is ready: ${config.publicUrl}`, ""];
  if (mode === "simulated") {
    lines.push(
      "SIMULATED: no OPENAI_API_KEY was set at the first start. Answers are made up by a simulator and no real money moves.",
      "For a real one: OPENAI_API_KEY=sk-… SWITCHYARD_DATA_DIR=.data-live npm start",
      "",
    );
  }
  if (firstAdmin) {
    lines.push(
      `Admin:             ${firstAdmin.username}`,
      `One-time password: ${firstAdmin.oneTimePassword}`,
      "It is shown only now and opens one session, in which you choose your own. If it is lost, get a new one:",
      `                   ${command(`user password --username ${firstAdmin.username}`)}`,
      "",
    );
  }
  lines.push(`Make a customer:   ${command("customer create --username alice --credit-usd 10")}`, "Stop:              Ctrl-C", "");
  return lines.join("\n");
}
