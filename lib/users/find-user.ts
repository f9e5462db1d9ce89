import { eq, sql } from "drizzle-orm";
import type { Reader } from "@/db/client";
import { users } from "@/db/schema/users";
import { AppError } from "@/lib/errors/app-error";

export type UserRow = typeof users.$inferSelect;

/** By username or e-mail, in any case of letters. A username cannot hold an @, so there is no doubt which one it is. */
export async function findUser(reader: Reader, login: string): Promise<UserRow | null> {
  const column = login.includes("@") ? users.email : users.username;
  const [user] = await reader
    .select()
    .from(users)
    .where(sql`lower(${column}) = lower(${login.trim()})`);
  return user ?? null;
}

export async function requireUser(reader: Reader, login: string): Promise<UserRow> {
  const user = await findUser(reader, login);
  if (!user) throw new AppError("not_found", `There is no user ${login}.`);
  return user;
}

export async function findUserById(reader: Reader, userId: string): Promise<UserRow | null> {
  const [user] = await reader.select().from(users).where(eq(users.id, userId));
  return user ?? null;
}
