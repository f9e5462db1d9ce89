import type { Tx } from "@/db/client";
import { users } from "@/db/schema/users";
import { AppError } from "@/lib/errors/app-error";
import { newId } from "@/lib/ids/ids";
import { findUser, type UserRow } from "@/lib/users/find-user";
import { checkUsername } from "@/lib/users/username";

export type NewUser = Pick<UserRow, "username" | "email" | "passwordHash" | "passwordOneTime" | "role" | "createdAt">;

/** A username that is taken answers with the user who has it. The wallet comes with the row (trigger). */
export async function insertUser(tx: Tx, user: NewUser): Promise<{ user: UserRow; created: boolean }> {
  checkUsername(user.username);
  const [created] = await tx
    .insert(users)
    .values({ id: newId("usr"), ...user })
    .onConflictDoNothing()
    .returning();
  if (created) return { user: created, created: true };
  const existing = await findUser(tx, user.username);
  if (!existing) throw new AppError("conflict", `Another user has the e-mail address ${user.email}.`, { param: "email" });
  if (existing.role !== user.role) {
    throw new AppError(
      "conflict",
      `The username ${existing.username} is taken by ${existing.role === "admin" ? "an admin" : "a customer"}.`,
      {
        param: "username",
      },
    );
  }
  return { user: existing, created: false };
}
