import type { Metadata } from "next";
import Link from "next/link";
import { OperatorLines } from "@/components/site/operator-lines";
import { Prose } from "@/components/site/prose";
import { SitePage } from "@/components/site/site-page";
import { DataTable, type Column } from "@/components/ui/data-table";
import { EVENTS_KEPT_DAYS, MAILS_KEPT_DAYS, SAMPLES_KEPT_DAYS, SIGN_INS_KEPT_DAYS } from "@/lib/codex/prune-history";
import { REJECTED_KEPT_DAYS, UNVERIFIED_KEPT_DAYS } from "@/lib/users/drop-sign-ups";
import { ERASED_EVERY_HOURS, ERASED_FOR_DAYS } from "@/lib/users/erase-traces";
import { SESSION_LIFETIME_S } from "@/lib/users/sessions";
import { runtime } from "@/lib/runtime/runtime";

export const metadata: Metadata = {
  title: "Privacy",
  description: "What is stored, for how long, and who sees it. Prompts and answers are not stored.",
  alternates: { canonical: "/privacy" },
};

type Kept = { what: string; kept: string };

const COLUMNS: readonly Column<Kept>[] = [
  { name: "What", cell: ({ what }) => what },
  { name: "For how long", cell: ({ kept }) => kept },
];

export default function PrivacyPage() {
  const { brandName, operatorName, operatorAddress, supportEmail, requestLogMonths } = runtime().config;
  const log = requestLogMonths === 0 ? "without an end" : `${requestLogMonths} whole months`;
  const kept: Kept[] = [
    {
      what: "Account: e-mail address, username, password as an argon2id hash, sealed second factor, time zone, version of the terms",
      kept: "until you delete the account",
    },
    {
      what: "Sessions: address and browser of each sign-in",
      kept: `a session ends after ${SESSION_LIFETIME_S / 86_400} days; its row stays until you delete the account`,
    },
    {
      what: "API keys: name, first and last characters, a hash, and a copy that only the operator's own key can open",
      kept: "the secret until you delete the account",
    },
    { what: "Own OpenAI keys of lanes, sealed", kept: "until you remove the lane" },
    {
      what: "Request log: time, key, lane, model, token counts, cost, duration, status, error text, address and kind of the client, ids of thread and turn, and a keyed hash of the project folder that Codex names",
      kept: log,
    },
    { what: "Ledger: amounts, times and ids of requests", kept: "for ever, without your name after deletion" },
    {
      what: "ChatGPT account: e-mail address, plan, a keyed hash of its identity, your declarations with date and address",
      kept: "until you disconnect it; declarations for ever, without the address after deletion",
    },
    { what: "Windows of a ChatGPT account", kept: `${SAMPLES_KEPT_DAYS} days` },
    { what: "Sign-ins of a ChatGPT account, after they ended", kept: `${SIGN_INS_KEPT_DAYS} days` },
    { what: "Events of a ChatGPT account's container", kept: `${EVENTS_KEPT_DAYS} days` },
    { what: "Mails to you, after they were sent", kept: `${MAILS_KEPT_DAYS} days` },
    {
      what: "Audit log: who changed what in the account, when, and from which address",
      kept: "for ever, without addresses, names and notes after deletion",
    },
    { what: "Sign-ups whose address was never confirmed", kept: `${UNVERIFIED_KEPT_DAYS} days` },
    { what: "Sign-ups that were refused", kept: `${REJECTED_KEPT_DAYS} days after the refusal` },
  ];
  return (
    <SitePage narrow title="Privacy" lead="What is stored, for how long, and who sees it. Prompts and answers are not stored.">
      <Prose
        sections={[
          {
            id: "who",
            title: "Who is responsible",
            body: <OperatorLines name={operatorName ?? brandName} address={operatorAddress} email={supportEmail} />,
          },
          {
            id: "prompts",
            title: "Prompts and answers",
            body: (
              <>
                <p>
                  They pass through memory on their way, in clear, because they must be read to be counted and sent on. They are not written
                  to the database or to a log. Threads on a Codex lane are ephemeral: the Codex CLI writes no session of them.
                </p>
                <p>
                  An answer that did not reach you because the connection broke is kept in memory for up to ten minutes, so that your client
                  can fetch it without paying twice. The error text that you were sent is part of the log.
                </p>
              </>
            ),
          },
          {
            id: "stored",
            title: "What is stored",
            body: <DataTable caption="What is stored and for how long" columns={COLUMNS} rows={kept} rowKey={({ what }) => what} />,
          },
          {
            id: "deletion",
            title: "After you delete the account",
            body: (
              <>
                <p>
                  With the deletion itself go the address, the username, the password, the second factor, the sessions, the lanes with their
                  keys, the names that you gave, and the addresses from where you came in the audit log.
                </p>
                <p>
                  The request log is long: a job that runs every {ERASED_EVERY_HOURS * 60} minutes makes it anonymous. With its first run
                  after the deletion, addresses, threads, turns, projects and error texts are gone. Requests that were still running are
                  written down when they end; the job looks for them for {ERASED_FOR_DAYS} days, and whenever one comes later still.
                </p>
                <p>
                  The one last mail that tells you of it is erased by the same job, once it was sent, and after {ERASED_FOR_DAYS} days at
                  the latest.
                </p>
              </>
            ),
          },
          {
            id: "others",
            title: "Who receives something",
            body: (
              <ul>
                <li>
                  Whoever answers: OpenAI for ChatGPT accounts and own keys, the operator&rsquo;s provider for the wallet. They get your
                  request.
                </li>
                <li>
                  On the wallet, many customers share the operator&rsquo;s key. Your identity is not sent along: the provider gets a keyed
                  hash in its place.
                </li>
                <li>The mail server of the operator gets the mails to you.</li>
                <li>Nobody else. There is no tracker, no advertisement and no analysis by third parties on these pages.</li>
              </ul>
            ),
          },
          {
            id: "browser",
            title: "In your browser",
            body: (
              <>
                <p>
                  One cookie keeps you signed in, one protects the sign-in form, and one may remember your time zone. Your choice of colours
                  and of tabs is kept in the browser. Fonts and scripts come from this site; no request goes to another one.
                </p>
                <p>
                  An export that you paste into the <Link href="/calculator">calculator</Link> is read in the browser and is not sent.
                </p>
              </>
            ),
          },
          {
            id: "rights",
            title: "Your rights",
            body: (
              <p>
                Under Settings you export your data and delete your account; where the account is not open yet, was refused or is suspended,
                on the page that you see after signing in. Where the law gives you more (to see, to correct, to object, to complain to an
                authority), write to the address above.
              </p>
            ),
          },
        ]}
      />
    </SitePage>
  );
}
