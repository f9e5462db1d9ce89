import { eq } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { chatgptAccounts } from "@/db/schema/chatgpt";
import type { Actor } from "@/lib/access/viewer";
import { recordAudit } from "@/lib/audit/record-audit";
import { AppError } from "@/lib/errors/app-error";
import { CODEX_TARBALL_INTEGRITY } from "@/lib/openai/codex-release";

/** The version of the Codex CLI that one account runs before everybody else does; null: the same as everybody. For operators. */
export async function setCanary(tx: Tx, input: { accountId: string; version: string | null; actor: Actor }): Promise<void> {
  const { accountId, version, actor } = input;
  if (version !== null && !(version in CODEX_TARBALL_INTEGRITY)) {
    const known = Object.keys(CODEX_TARBALL_INTEGRITY).join(", ");
    throw new AppError("request_invalid", `This release knows the digest of Codex CLI ${known} only.`, { param: "version" });
  }
  const [account] = await tx.select().from(chatgptAccounts).where(eq(chatgptAccounts.id, accountId)).for("no key update");
  if (!account || account.state === "removed") throw new AppError("not_found", `There is no ChatGPT account ${accountId}.`);
  await tx.update(chatgptAccounts).set({ codexVersionCanary: version }).where(eq(chatgptAccounts.id, accountId));
  await recordAudit(tx, {
    actor,
    action: "chatgpt_account.canary",
    subject: accountId,
    before: { version: account.codexVersionCanary },
    after: { version },
  });
}
