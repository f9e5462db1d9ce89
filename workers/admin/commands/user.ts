import type { Command } from "commander";
import { hashPassword, newPassword } from "@/lib/crypto/password";
import { requireUser } from "@/lib/users/find-user";
import { issueOneTimePassword } from "@/lib/users/issue-one-time-password";
import { addCommand } from "@/workers/admin/command";
import { ONE_TIME_HINT } from "@/workers/admin/one-time-hint";
import { list } from "@/workers/admin/table";

export function addUserCommands(root: Command): void {
  const user = root.command("user").description("Anybody who signs in");
  addCommand(user, {
    name: "password",
    description: "replace the password by a one-time one and end every session",
    options: (command) => command.requiredOption("--username <name>", "or e-mail address"),
    run: async (office, options: { username: string }) => {
      const { id: userId, username } = await requireUser(office.database.orm, options.username);
      const oneTimePassword = newPassword();
      const passwordHash = await hashPassword(oneTimePassword);
      await office.transact((tx) => issueOneTimePassword(tx, { userId, passwordHash, actor: office.actor }));
      return {
        json: { userId, username, oneTimePassword },
        text: `${list([
          ["username", username],
          ["one-time password", oneTimePassword],
        ])}\n\n${ONE_TIME_HINT}`,
      };
    },
  });
}
