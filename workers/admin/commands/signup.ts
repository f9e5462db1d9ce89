import type { Command } from "commander";
import { requireUser } from "@/lib/users/find-user";
import { listSignUps } from "@/lib/users/read-sign-ups";
import { reviewSignUp } from "@/lib/users/review-sign-up";
import { addCommand, type Output } from "@/workers/admin/command";
import type { Office } from "@/workers/admin/office";
import { table } from "@/workers/admin/table";

type ReviewOptions = { username: string; note: string };

export function addSignUpCommands(root: Command): void {
  const signUp = root.command("signup").description("Newcomers who wait to be let in (SIGN_UP=review)");
  addCommand(signUp, { name: "list", description: "who waits, and who was refused", run: list });
  const options = (command: Command) =>
    command.requiredOption("--username <name>", "or e-mail address").requiredOption("--note <text>", "why, for the audit log");
  addCommand(signUp, {
    name: "approve",
    description: "let a newcomer in, who is told by mail",
    options,
    run: (office, given: ReviewOptions) => review(office, "approve", given),
  });
  addCommand(signUp, {
    name: "refuse",
    description: "refuse a newcomer, who is told by mail",
    options,
    run: (office, given: ReviewOptions) => review(office, "refuse", given),
  });
}

async function list(office: Office): Promise<Output> {
  const rows = await listSignUps(office.database.orm, office.viewer);
  const text = table(
    ["user", "username", "e-mail", "status", "signed up", "says"],
    rows.map((row) => [row.id, row.username, row.email, row.status, row.createdAt, row.note]),
    "Nobody waits.",
  );
  return { json: rows, text };
}

async function review(office: Office, decision: "approve" | "refuse", { username: name, note }: ReviewOptions): Promise<Output> {
  const { id: userId, username } = await requireUser(office.database.orm, name);
  const { actor, clock } = office;
  await office.transact((tx) => reviewSignUp(tx, { userId, decision, note, actor, now: clock.now() }));
  const status = decision === "approve" ? "active" : "rejected";
  return {
    json: { userId, username, status },
    text: `${username} ${decision === "approve" ? "is let in" : "is refused"}, and told by mail.`,
  };
}
