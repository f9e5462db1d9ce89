import { setupLines } from "@/lib/codex/setup-lines";
import type { Office } from "@/workers/admin/office";

/** What the customer pastes, ready for an answer that has just shown the key. */
export function setupText(office: Office, apiKey: string): string {
  const { brandName, providerId, keyEnvName, publicUrl } = office.config;
  const setup = setupLines({ brandName, providerId, keyEnvName, publicUrl, apiKey });
  return `For the customer's shell, with the Codex CLI installed:\n\n${[setup.exportKey, setup.smokeTest, setup.start].join("\n")}`;
}
