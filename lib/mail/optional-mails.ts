import type { MailKind } from "@/lib/mail/mail-kinds";

/** Those that a user may turn off: they help, and nothing is lost without them, since the screens say the same. */
export const OPTIONAL_MAILS = [
  "lane_spill",
  "signed_out_by_openai",
  "sign_in_refused",
  "container_failed",
  "sign_up_waits",
] as const satisfies readonly MailKind[];

export type OptionalMail = (typeof OPTIONAL_MAILS)[number];

export function isOptionalMail(kind: MailKind): kind is OptionalMail {
  return OPTIONAL_MAILS.some((known) => known === kind);
}
