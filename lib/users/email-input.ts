import { z } from "zod";

const LENGTH_MAX = 254;

/** As it is typed; capitals are kept, and do not count when addresses are compared. */
export const emailInput = z
  .string("Give your e-mail address.")
  .trim()
  .min(1, "Give your e-mail address.")
  .max(LENGTH_MAX, "That is too long for an e-mail address.")
  .pipe(z.email("This is not an e-mail address. It looks like name@example.com."));
