import { createTransport } from "nodemailer";
import { raiseAlarm } from "@/lib/audit/raise-alarm";
import { disconnectToken } from "@/lib/codex/disconnect-link";
import { claimMail, giveUpStrandedMails, markMailFailed, markMailSent, type ClaimedMail } from "@/lib/mail/outbox";
import { openLink } from "@/lib/users/mail-links";
import { renderMail, type MailSite } from "@/lib/mail/render-mail";
import type { Runtime } from "@/lib/runtime/runtime";

/** One run sends at most this many; the rest waits for the next minute. */
const MAILS_PER_RUN_MAX = 200;
const CONNECT_TIMEOUT_MS = 15_000;
const SOCKET_TIMEOUT_MS = 30_000;

type Post = Pick<Runtime, "config" | "db" | "log" | "sealer">;
type Transport = ReturnType<typeof createTransport>;

/** Sends what is due. Without SMTP_URL everything stays in the outbox, where operators see it. */
export async function sendMails({ config, db, log, sealer }: Post): Promise<void> {
  if (config.smtpUrl === null) return;
  const site: MailSite = {
    brandName: config.brandName,
    publicUrl: config.publicUrl,
    disconnectToken: (accountId) => disconnectToken(config.masterKey, accountId),
    linkSecret: (link) => {
      const secret = openLink(sealer, link);
      if (secret === null) throw new Error(`the secret of ${link.linkId} was wiped before its mail was sent`);
      return secret;
    },
    supportEmail: config.supportEmail,
  };
  const from = { name: config.brandName, address: config.mailFrom ?? `no-reply@${new URL(config.publicUrl).hostname}` };
  const transport = createTransport({
    url: config.smtpUrl,
    connectionTimeout: CONNECT_TIMEOUT_MS,
    greetingTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: SOCKET_TIMEOUT_MS,
    dnsTimeout: CONNECT_TIMEOUT_MS,
    // Text of ours only: nothing in a mail may name a file or an address to be read.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const sendOne = async (mail: ClaimedMail) => {
    const failure = await deliver(transport, { mail, site, from });
    if (failure === null) return markMailSent(db.sql, mail.id);
    const givenUp = await markMailFailed(db.sql, { id: mail.id, tries: mail.tries, ...failure });
    log.warn({ mailId: mail.id, kind: mail.kind, givenUp, error: failure.error }, "mail not sent");
    if (givenUp) await raiseAlarm(db.sql, { kind: "mail_given_up", subject: mail.id, detail: `${mail.kind}: ${failure.error}` });
  };
  try {
    for (let tried = 0; tried < MAILS_PER_RUN_MAX; tried += 1) {
      // One at a time: the claim of a mail that waits behind slow ones would run out, and another sender would send it too.
      const mail = await claimMail(db.sql);
      if (mail === null) break;
      await sendOne(mail);
    }
  } finally {
    transport.close();
  }
  for (const mailId of await giveUpStrandedMails(db.sql)) {
    await raiseAlarm(db.sql, { kind: "mail_given_up", subject: mailId, detail: "every sender stopped while sending it" });
  }
}

type Letter = { mail: ClaimedMail; site: MailSite; from: { name: string; address: string } };

/** Null: the server has taken it. A 5xx about the mail itself is its last word; anything else may pass. */
async function deliver(transport: Transport, { mail, site, from }: Letter): Promise<{ isFinal: boolean; error: string } | null> {
  try {
    const rendered = renderMail(mail, site);
    if (rendered === null) return { isFinal: true, error: `this version knows no mail of kind ${mail.kind}` };
    await transport.sendMail({
      ...rendered,
      from,
      to: mail.recipient,
      // Stable: the same mail sent twice is known as one by whoever receives it.
      messageId: `<${mail.id}@${new URL(site.publicUrl).hostname}>`,
      headers: { "auto-submitted": "auto-generated" },
    });
    return null;
  } catch (error) {
    const { code, responseCode, message } = error as { code?: string; responseCode?: number; message?: string };
    // A server that refuses us (greeting, TLS, sign-in) says nothing about this mail: the operator mends that.
    const isAboutMail = code === "EENVELOPE" || code === "EMESSAGE";
    return { isFinal: isAboutMail && responseCode !== undefined && responseCode >= 500, error: message ?? "unknown error" };
  }
}
