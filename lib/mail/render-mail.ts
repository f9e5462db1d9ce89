import type { MailKind, MailPayloads, MailToQueue } from "@/lib/mail/mail-kinds";

/** What a mail needs beside its payload: who writes, and where the links lead. */
export type MailSite = {
  brandName: string;
  publicUrl: string;
  /** Signs the link with which the owner of an address disconnects their ChatGPT account without signing in here. */
  disconnectToken(accountId: string): string;
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
