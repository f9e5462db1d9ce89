import { eq } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { users } from "@/db/schema/users";
import { AppError } from "@/lib/errors/app-error";
import { knownTimeZone } from "@/lib/time/known-time-zone";
import { lockUser } from "@/lib/users/lock-user";

/** Null: as the browser says. */
export async function setTimeZone(tx: Tx, { userId, timeZone }: { userId: string; timeZone: string | null }): Promise<void> {
  if (timeZone !== null && knownTimeZone(timeZone) === null) {
    throw new AppError("request_invalid", `"${timeZone}" is not a time zone. Choose one of the list.`, { param: "timeZone" });
  }
  await lockUser(tx, userId);
  await tx.update(users).set({ timeZone }).where(eq(users.id, userId));
}
