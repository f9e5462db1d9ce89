import { z } from "zod";

const NO_CONTROL_CHARACTERS = /^\P{Cc}*$/u;

/** What both doors take: the form, and next-auth's own callback. */
export const signInInput = z.object({
  username: z
    .string("Give your username or e-mail.")
    .trim()
    .min(1, "Give your username or e-mail.")
    .max(254, "That is too long.")
    .regex(NO_CONTROL_CHARACTERS),
  password: z.string("Give your password.").min(1, "Give your password.").max(200, "That is too long."),
  /** For next-auth's callback, which has no second step: of the authenticator, or a recovery code. */
  code: z.string().max(100).optional(),
});
