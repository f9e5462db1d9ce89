import { AppError } from "@/lib/errors/app-error";

const LENGTH_MAX = 60;

export function checkLaneLabel(text: string): string {
  const label = text.trim();
  if (label === "" || label.length > LENGTH_MAX || /\p{Cc}/u.test(label)) {
    throw new AppError("request_invalid", `A lane needs a label of 1 to ${LENGTH_MAX} characters.`, { param: "label" });
  }
  return label;
}
