import type { CodexProject } from "@/lib/openai/codex-project";

const PREFIX: Record<CodexProject["kind"], string> = { folder: "dir", session: "ses" };
const BYTES = 10;

/**
 * `dir_…` or `ses_…` with twenty hexadecimal digits: the same for the same owner and project, and nothing from which the folder can be
 * read or guessed without the installation's key.
 */
export function projectId({ kind, name }: CodexProject, ownerHmac: (value: string) => string): string {
  const digest = Buffer.from(ownerHmac(`project\0${kind}\0${name}`), "base64url").subarray(0, BYTES);
  return `${PREFIX[kind]}_${digest.toString("hex")}`;
}

const DIGITS_SHOWN = 6;

/** Short, and always the same. What the folder is called is not known here. */
export function projectName(id: string): string {
  const [kind, digits = ""] = id.split("_");
  return `${kind === PREFIX.session ? "Session" : "Folder"} ${digits.slice(0, DIGITS_SHOWN)}`;
}
