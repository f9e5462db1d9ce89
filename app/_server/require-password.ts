import { actLimiter } from "@/app/_server/act-limiter";
import { FieldError } from "@/app/_server/run-action";
import { tooManyTries } from "@/app/_server/too-many-tries";
import { runtime } from "@/lib/runtime/runtime";
import { reauthenticate, type ReauthenticateResult } from "@/lib/users/reauthenticate";
import type { SignedIn } from "@/lib/users/sessions";

/** Before what an open session alone must not do. Throws with words for the field that is at fault; a code that was right is used up. */
export async function requirePassword({ viewer }: SignedIn, given: { password: string; code?: string | undefined }): Promise<void> {
  const { db, clock, sealer } = runtime();
  const parts = { orm: db.orm, clock, sealer, limiter: actLimiter() };
  const result = await reauthenticate(parts, { userId: viewer.userId, password: given.password, code: given.code ?? null });
  if (result.kind !== "right") throw refusedPassword(result);
}

/** The words, for forms whose fields are called `password` and `code`. */
export function refusedPassword(result: Exclude<ReauthenticateResult, { kind: "right" }>): Error {
  switch (result.kind) {
    case "wrong_password":
      return new FieldError("password", "This is not your password.");
    case "code_missing":
      return new FieldError("code", "Give a code of your authenticator, or a recovery code.");
    case "wrong_code":
      return new FieldError("code", "This code is wrong, or was used before. Wait for the next one.");
    case "too_many_tries":
      return tooManyTries(result.retryAfterS);
  }
}
