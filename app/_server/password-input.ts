import { z } from "zod";
import { PASSWORD_LENGTH_MAX } from "@/lib/users/password-rules";

const CODE_LENGTH_MAX = 60;

/** What `PasswordAgain` sends. */
export const passwordInput = {
  password: z.string("Give your password.").min(1, "Give your password.").max(PASSWORD_LENGTH_MAX, "This is not your password."),
  code: z.string().max(CODE_LENGTH_MAX, "This is longer than any code.").optional(),
};

export const PASSWORD_SECRETS = ["password", "code"] as const;
