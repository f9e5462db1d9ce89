import type { Command } from "commander";
import { hashPassword, newPassword } from "@/lib/crypto/password";
import { createAdmin } from "@/lib/users/create-admin";
import { addCommand, type Output } from "@/workers/admin/command";
import type { Office } from "@/workers/admin/office";
import { ONE_TIME_HINT } from "@/workers/admin/one-time-hint";
import { list } from "@/workers/admin/table";

export function addAdminCommands(root: Command): void {
  const admin = root.command("admin").description("Operators who sign in to the screens");
  addCommand(admin, {
    name: "create",
    description: "make an admin with a one-time password; a username that exists changes nothing",
    options: (command) =>
      command.requiredOption("--username <name>", "of the admin").option("--email <address>", "a second name for signing in"),
    run: create,
  });
}

async function create(office: Office, options: { username: string; email?: string }): Promise<Output> {
  const password = newPassword();
  const oneTimePasswordHash = await hashPassword(password);
  const { actor, clock } = office;
  const made = await office.transact((tx) =>
    createAdmin(tx, { username: options.username, email: options.email, oneTimePasswordHash, actor, clock }),
  );
  const oneTimePassword = made.created ? password : null;
  return {
    json: { ...made, oneTimePassword },
    text: made.created
      ? `${list([
          ["username", made.username],
          ["one-time password", oneTimePassword],
        ])}\n\n${ONE_TIME_HINT}`
      : `${made.username} exists already (${made.userId}); nothing was changed.`,
  };
}
