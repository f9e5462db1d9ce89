import { desc, isNotNull, isNull, type SQL } from "drizzle-orm";
import type { Reader } from "@/db/client";
import { outbox } from "@/db/schema/operations";
import { requireAdmin } from "@/lib/access/require-sight";
import type { Viewer } from "@/lib/access/viewer";
import type { SealedLink } from "@/lib/mail/mail-kinds";
import { renderMail } from "@/lib/mail/render-mail";

export type MailView = {
  id: string;
  kind: string;
  recipient: string;
  subject: string;
  text: string;
  createdAt: string;
  state: "sent" | "waiting" | "given_up";
  sentAt: string | null;
  tries: number;
  /** While it waits after a failure. */
  nextTryAt: string | null;
  lastError: string | null;
};

const MAILS_MAX = 100;

/** In the place of what makes a link work: it is for the person who gets the mail alone. */
const LINK_SECRET_SHOWN = "…";

/**
 * The newest mails, with what they say. For admins. Where no mail can be sent, an operator hands over the links by hand: then
 * `openLink` opens those of mails that wait.
 */
export async function listMails(
  reader: Reader,
  viewer: Viewer,
  input: {
    brandName: string;
    publicUrl: string;
    supportEmail?: string | null;
    only: "unsent" | "sent" | null;
    openLink?: (link: SealedLink) => string | null;
  },
): Promise<MailView[]> {
  requireAdmin(viewer);
  const { brandName, publicUrl, supportEmail = null, only, openLink } = input;
  const linkSecret = (link: SealedLink) => openLink?.(link) ?? LINK_SECRET_SHOWN;
  const which: SQL | undefined = only === null ? undefined : only === "sent" ? isNotNull(outbox.sentAt) : isNull(outbox.sentAt);
  const rows = await reader.select().from(outbox).where(which).orderBy(desc(outbox.createdAt), desc(outbox.id)).limit(MAILS_MAX);
  return rows.map((row) => {
    const mail = renderMail(row, { brandName, publicUrl, supportEmail, linkSecret, disconnectToken: () => LINK_SECRET_SHOWN });
    const state = row.sentAt ? "sent" : row.givenUpAt ? "given_up" : "waiting";
    return {
      id: row.id,
      kind: row.kind,
      recipient: row.recipient,
      subject: mail?.subject ?? row.kind,
      text: mail?.text ?? "This version does not know this kind of mail.",
      createdAt: row.createdAt.toISOString(),
      state,
      sentAt: row.sentAt?.toISOString() ?? null,
      tries: row.tries,
      nextTryAt: state === "waiting" && row.tries > 0 ? row.nextTryAt.toISOString() : null,
      lastError: row.lastError,
    };
  });
}
