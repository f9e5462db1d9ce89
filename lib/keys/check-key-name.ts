import { AppError } from "@/lib/errors/app-error";

export const KEY_NAME_LENGTH_MAX = 80;

export function checkKeyName(text: string): string {
  const name = text.trim();
  if (name === "" || name.length > KEY_NAME_LENGTH_MAX || /\p{Cc}/u.test(name)) {
    throw new AppError("request_invalid", `Give a name of 1 to ${KEY_NAME_LENGTH_MAX} characters.`, { param: "name" });
  }
  return name;
}
