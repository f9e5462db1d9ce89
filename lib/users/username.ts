import { AppError } from "@/lib/errors/app-error";

/** The same form as the check of the users table. */
export function checkUsername(username: string): void {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{1,62}$/.test(username)) {
    throw new AppError(
      "request_invalid",
      `"${username}" is not a username: 2 to 63 letters, digits, dots, dashes and underscores, beginning with a letter or digit.`,
      { param: "username" },
    );
  }
}
