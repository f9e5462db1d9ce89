import type { Command } from "commander";
import { hashPassword, newPassword } from "@/lib/crypto/password";
import { AppError } from "@/lib/errors/app-error";
import { deleteUser } from "@/lib/users/delete-user";
import { disableTotp } from "@/lib/users/disable-totp";
import { eraseTraces } from "@/lib/users/erase-traces";
import { requireUser } from "@/lib/users/find-user";
import { issueOneTimePassword } from "@/lib/users/issue-one-time-password";
import { addCommand } from "@/workers/admin/command";
import { ONE_TIME_HINT } from "@/workers/admin/one-time-hint";
import { list } from "@/workers/admin/table";

type TwoFactorOptions = { username: string; note: string };

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
      const now = office.clock.now();
      await office.transact((tx) => issueOneTimePassword(tx, { userId, passwordHash, actor: office.actor, now }));
      return {
        json: { userId, username, oneTimePassword },
        text: `${list([
          ["username", username],
          ["one-time password", oneTimePassword],
        ])}\n\n${ONE_TIME_HINT}`,
      };
    },
  });
  addCommand(user, {
    name: "two-factor-off",
    description: "turn two-factor sign-in off for a person who has lost authenticator and recovery codes",
    options: (command) =>
      command.requiredOption("--username <name>", "or e-mail address").requiredOption("--note <text>", "why, for the audit log"),
    run: async (office, options: TwoFactorOptions) => {
      const { id: userId, username } = await requireUser(office.database.orm, options.username);
      const changed = await office.transact((tx) => disableTotp(tx, { userId, actor: office.actor, note: options.note }));
      return {
        json: { userId, username, changed },
        text: changed
          ? `${username} signs in with the password alone now, and is told by mail.`
          : `It was off for ${username}; nothing was changed.`,
      };
    },
  });
  addCommand(user, {
    name: "delete",
    description: "delete an account for good: its keys, sessions, lanes and everything personal; the ledger stays",
    options: (command) =>
      command.requiredOption("--username <name>", "or e-mail address").requiredOption("--confirm <username>", "the username once more"),
    run: async (office, options: { username: string; confirm: string }) => {
      const { id: userId, username } = await requireUser(office.database.orm, options.username);
      if (options.confirm !== username) throw new AppError("request_invalid", `Confirm with --confirm ${username}.`, { param: "confirm" });
      const now = office.clock.now();
      const deleted = await office.transact((tx) => deleteUser(tx, { userId, actor: office.actor, now }));
      await eraseTraces(office.database.sql, { now });
      return {
        json: { userId, deleted: deleted !== null },
        text: `${username} is deleted. Homes of ChatGPT accounts are wiped by their runner, and requests that still run are made anonymous within the hour.`,
      };
    },
  });
}
