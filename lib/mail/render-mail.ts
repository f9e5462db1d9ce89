import { formatUsd, parseUsd } from "@/lib/money/micro-usd";
import type { MailKind, MailPayloads, MailToQueue, SealedLink, SecurityEvent } from "@/lib/mail/mail-kinds";

/** What a mail needs beside its payload: who writes, and where the links lead. */
export type MailSite = {
  brandName: string;
  publicUrl: string;
  /** Signs the link with which the owner of an address disconnects their ChatGPT account without signing in here. */
  disconnectToken(accountId: string): string;
  /** The secret of a mailed link, or what is shown in its place. */
  linkSecret(link: SealedLink): string;
  /** Where customers write to, if anywhere. */
  supportEmail: string | null;
};

export type RenderedMail = { subject: string; text: string; html: string };

type Words = { subject: string; paragraphs: readonly string[]; link: { label: string; url: string } | null };
type Writers = { [K in MailKind]: (payload: MailPayloads[K], site: MailSite) => Words };

const LABEL_CHARS_MAX = 80;

const WRITERS: Writers = {
  account_connected: ({ accountId, label, address, planType }, site) => ({
    subject: `ChatGPT account ${address} is connected to ${site.brandName}`,
    paragraphs: [
      `The ChatGPT account ${address}${planType === null ? "" : ` (plan ${planType})`} was signed in as the lane "${short(label)}".`,
      "It runs in a container of its own, for its owner only. We never saw the password.",
      "Was this not you? The link below signs the account out here. Change your ChatGPT password too, and end its sessions there.",
    ],
    link: { label: "Disconnect this account", url: `${site.publicUrl}/disconnect/${site.disconnectToken(accountId)}` },
  }),
  account_wanted: ({ address }, site) => ({
    subject: `Somebody tried to connect ChatGPT account ${address} to ${site.brandName}`,
    paragraphs: [
      `Another user of ${site.brandName} has just signed in to the ChatGPT account ${address}, to use it for themselves. It is connected to you here, so it was refused: their sign-in was ended, and your lane goes on as before.`,
      "Was this not you? Then somebody else can sign in to your account, or had you approve a code: change your ChatGPT password and end its sessions there. This is told at most once a day.",
    ],
    link: null,
  }),
  sign_in_refused: ({ laneId, label, message }, site) => ({
    subject: `A ChatGPT account could not be connected to ${site.brandName}`,
    paragraphs: [`The sign-in for the lane "${short(label)}" was refused.`, message],
    link: laneLink(site, laneId),
  }),
  signed_out_by_openai: ({ laneId, label, address, message }, site) => ({
    subject: `OpenAI signed out ${address ?? `the lane "${short(label)}"`}`,
    paragraphs: [
      `OpenAI ended the sign-in of ${address === null ? "the ChatGPT account" : address} on the lane "${short(label)}".`,
      message,
      "Until you sign in again your other lanes answer, as far as you let them.",
    ],
    link: laneLink(site, laneId),
  }),
  container_failed: ({ laneId, label, message }, site) => ({
    subject: `The lane "${short(label)}" does not start`,
    paragraphs: [
      `The container of the lane "${short(label)}" could not be brought up: ${message}`,
      "It is tried again by itself, and until then your other lanes answer, as far as you let them. This is told at most once a day.",
    ],
    link: laneLink(site, laneId),
  }),
  lane_spill: ({ laneId, label, laneKind, reason, requestsMax }, site) => ({
    subject: `Requests go over a paid lane today: ${short(label)}`,
    paragraphs: [
      `${SPILL_CAUSES[reason]} So the lane "${short(label)}" took over, ${laneKind === "wallet" ? "paid from your wallet" : "paid to the owner of that key"}.`,
      `It takes at most ${requestsMax} requests a day in this way. This is told once a day.`,
    ],
    link: laneLink(site, laneId),
  }),
  verify_email: ({ link, hours }, site) => ({
    subject: `Confirm your address for ${site.brandName}`,
    paragraphs: [
      `Somebody signed up at ${site.brandName} with this address. Open the link and press the button to confirm that it was you.`,
      `It works once, for ${hours} hours. Was it not you? Then do nothing: without the link nobody can use your address.`,
    ],
    link: { label: "Confirm this address", url: `${site.publicUrl}/verify/${site.linkSecret(link)}` },
  }),
  address_taken: (_payload, site) => ({
    subject: `Your address was given at ${site.brandName}`,
    paragraphs: [
      `Somebody wanted to use this address for an account at ${site.brandName}. You have an account with it already, so nothing was changed, and they were not told.`,
      "Was it you? Sign in, or set a new password if you have forgotten yours. If not, there is nothing to do.",
    ],
    link: { label: "Sign in", url: `${site.publicUrl}/sign-in` },
  }),
  reset_password: ({ link, hours }, site) => ({
    subject: `Set a new password for ${site.brandName}`,
    paragraphs: [
      `Somebody asked for a new password for your account at ${site.brandName}. With the link you choose one; it ends every session that is open.`,
      `It works once, for ${hours === 1 ? "one hour" : `${hours} hours`}. Was it not you? Then do nothing: your password stays as it is.`,
    ],
    link: { label: "Choose a new password", url: `${site.publicUrl}/reset-password/${site.linkSecret(link)}` },
  }),
  no_such_account: (_payload, site) => ({
    subject: `No account at ${site.brandName} has this address`,
    paragraphs: [
      `Somebody asked for a new password for an account at ${site.brandName} with this address. There is none.`,
      "Was it you? Then you signed up with another address, or have not confirmed this one yet. If not, there is nothing to do.",
    ],
    link: { label: "Sign in", url: `${site.publicUrl}/sign-in` },
  }),
  change_email: ({ link, hours }, site) => ({
    subject: `Confirm your new address for ${site.brandName}`,
    paragraphs: [
      `An account at ${site.brandName} is to have this address from now on. Open the link and press the button to confirm it.`,
      `It works once, for ${hours} hours. Was it not you? Then do nothing: nothing changes without the link.`,
    ],
    link: { label: "Confirm this address", url: `${site.publicUrl}/change-email/${site.linkSecret(link)}` },
  }),
  security_changed: ({ event, left }, site) => ({
    subject: `${SECURITY_EVENTS[event].subject} (${site.brandName})`,
    paragraphs: [
      `${SECURITY_EVENTS[event].happened}${left === null ? "" : ` You have ${left === 1 ? "one" : left} left.`}`,
      event === "email_changed"
        ? `Was it not you? Links for a new password go to the other address now, so only the operator can give the account back. Write ${site.supportEmail === null ? "to them" : `to ${site.supportEmail}`} from this address.`
        : `Was it not you? Set a new password at once, and look at your sessions.${support(site)}`,
    ],
    link:
      event === "email_changed"
        ? { label: "How to reach the operator", url: `${site.publicUrl}/docs/support` }
        : { label: "Set a new password", url: `${site.publicUrl}/reset-password` },
  }),
  sign_up_waits: ({ username, email }, site) => ({
    subject: `${username} wants to use ${site.brandName}`,
    paragraphs: [`"${username}" signed up, confirmed the address ${email}, and waits to be let in.`],
    link: { label: "Look at the sign-ups", url: `${site.publicUrl}/admin/signups` },
  }),
  sign_up_approved: ({ username }, site) => ({
    subject: `Welcome to ${site.brandName}`,
    paragraphs: [`Your account "${username}" is open. Sign in, make a key and copy the setup line: your first request is a minute away.`],
    link: { label: "Sign in", url: `${site.publicUrl}/sign-in` },
  }),
  sign_up_refused: ({ username }, site) => ({
    subject: `Your sign-up at ${site.brandName}`,
    paragraphs: [`We looked at your sign-up as "${username}" and cannot open an account for you.${support(site)}`],
    link: null,
  }),
  account_deleted: (_payload, site) => ({
    subject: `Your account at ${site.brandName} is deleted`,
    paragraphs: [
      `Your account at ${site.brandName} was deleted, as you asked. Its keys, sessions and lanes are gone, and nothing that says who you are is left with it.`,
      `Amounts and times of what was charged are kept without your name, as books have to be. This is the last mail to this address.${support(site)}`,
    ],
    link: null,
  }),
  balance_low: ({ thresholdUsd, balanceUsd }, site) => ({
    subject: `Your balance at ${site.brandName} is below ${formatUsd(parseUsd(thresholdUsd))}`,
    paragraphs: [
      `Your wallet holds ${formatUsd(parseUsd(balanceUsd))} now, which is below the ${formatUsd(parseUsd(thresholdUsd))} at which you wanted to be told.`,
      "Nothing is stopped by this. When the wallet is empty, requests that need it are refused, and your other lanes go on.",
      "This is told once, and again only after the balance has been above. You change the thresholds on the wallet's page.",
    ],
    link: { label: "Open the wallet", url: `${site.publicUrl}/dashboard/wallet` },
  }),
};

const SECURITY_EVENTS: Record<SecurityEvent, { subject: string; happened: string }> = {
  password_changed: {
    subject: "Your password was changed",
    happened: "The password of your account was changed, and every other session ended.",
  },
  password_reset: {
    subject: "Your password was changed",
    happened: "A new password was set for your account with a link from a mail, and every session ended.",
  },
  totp_on: { subject: "Two-factor sign-in is on", happened: "Your account asks for a code of your authenticator at every sign-in now." },
  totp_off: { subject: "Two-factor sign-in is off", happened: "Your account asks for the password alone now." },
  recovery_codes_renewed: {
    subject: "New recovery codes",
    happened: "Ten new recovery codes were made for your account. The former ones are worth nothing.",
  },
  recovery_code_used: { subject: "A recovery code was used", happened: "A recovery code was used in the place of your authenticator." },
  email_change_asked: {
    subject: "Your address is to be changed",
    happened:
      "Somebody who gave your password wants your account to have another address. It changes when the link is opened that went there; a new password makes that link void.",
  },
  email_changed: {
    subject: "Your address was changed",
    happened: "Your account has another address now, which was confirmed there. This is the last mail to this one.",
  },
};

const SPILL_CAUSES: Record<MailPayloads["lane_spill"]["reason"], string> = {
  exhausted: "The usage limits of your ChatGPT accounts are reached.",
  lost: "None of your ChatGPT accounts can answer now: signed out, or not starting.",
  busy: "The lines of your ChatGPT accounts were full.",
  cannot: "A request asked for something that ChatGPT accounts cannot do here.",
  pinned: "A turn that this lane had taken over went on after midnight (UTC).",
};

/** Null: a kind that this version does not know. */
export function renderMail(mail: { kind: string; payload: unknown }, site: MailSite): RenderedMail | null {
  if (!Object.hasOwn(WRITERS, mail.kind)) return null;
  // What stands in the outbox was written by `queueMail`, whose types say what belongs to which kind.
  const known = mail as MailToQueue;
  const write = WRITERS[known.kind] as (payload: MailToQueue["payload"], site: MailSite) => Words;
  const { subject, paragraphs, link } = write(known.payload, site);
  const signature = `${site.brandName} · ${site.publicUrl}`;
  const text = [...paragraphs, ...(link ? [`${link.label}:\n${link.url}`] : []), `-- \n${signature}`].join("\n\n");
  const html = [
    ...paragraphs.map((paragraph) => `<p>${escapeHtml(paragraph)}</p>`),
    ...(link ? [`<p><a href="${escapeHtml(link.url)}">${escapeHtml(link.label)}</a></p>`] : []),
    `<p>${escapeHtml(signature)}</p>`,
  ].join("\n");
  return { subject: oneLine(subject), text: `${text}\n`, html: `<!doctype html>\n<html><body>\n${html}\n</body></html>\n` };
}

function support({ supportEmail }: MailSite): string {
  return supportEmail === null ? "" : ` Write to ${supportEmail} if you need help.`;
}

function laneLink(site: MailSite, laneId: string) {
  return { label: "Open the lane", url: `${site.publicUrl}/dashboard/lanes/${encodeURIComponent(laneId)}` };
}

function short(label: string): string {
  return oneLine(label).slice(0, LABEL_CHARS_MAX);
}

/** A line break in a subject would begin another header. */
function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, " ").trim();
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
