import type { Metadata } from "next";
import Link from "next/link";
import { CalendarDay } from "@/components/site/calendar-day";
import { OperatorLines } from "@/components/site/operator-lines";
import { Prose } from "@/components/site/prose";
import { SitePage } from "@/components/site/site-page";
import { CONSENT } from "@/lib/codex/consent-text";
import { formatUsd, parseUsd } from "@/lib/money/micro-usd";
import { runtime } from "@/lib/runtime/runtime";
import { TERMS_VERSION } from "@/lib/users/terms-version";

export const metadata: Metadata = {
  title: "Terms",
  description: "What you and the operator of this installation agree on.",
  alternates: { canonical: "/terms" },
};

export default function TermsPage() {
  const { brandName, operatorName, operatorAddress, supportEmail, platformFeeUsd } = runtime().config;
  const operator = operatorName ?? brandName;
  return (
    <SitePage
      narrow
      title="Terms"
      lead={
        <>
          In force since <CalendarDay day={TERMS_VERSION} />, version {TERMS_VERSION}. You agree to them when you sign up, and the version
          is kept with your account.
        </>
      }
    >
      <Prose
        sections={[
          {
            id: "who",
            title: "Who you agree with",
            body: (
              <>
                <p>
                  {brandName} is run by the operator below, who is meant by &ldquo;we&rdquo;. It is independent software and not affiliated
                  with OpenAI.
                </p>
                <OperatorLines name={operator} address={operatorAddress} email={supportEmail} />
              </>
            ),
          },
          {
            id: "service",
            title: "What the service is",
            body: (
              <>
                <p>
                  {brandName} takes requests in the format of OpenAI&rsquo;s API and passes each to one of your own lanes: a ChatGPT account
                  of yours, an API key of yours, or a prepaid wallet over a provider that we have selected. It counts tokens and keeps a
                  log.
                </p>
                <p>The answers come from OpenAI or another provider, not from us. We do not check whether they are right.</p>
              </>
            ),
          },
          {
            id: "account",
            title: "Your account",
            body: (
              <ul>
                <li>You give an e-mail address that reaches you, and keep password, second factor and API keys to yourself.</li>
                <li>What is done with your keys counts as done by you. Revoke a key as soon as somebody else may have it.</li>
                <li>You can delete your account under Settings. The ledger is kept without your personal data.</li>
              </ul>
            ),
          },
          {
            id: "chatgpt",
            title: "ChatGPT accounts",
            body: (
              <>
                <p>Before you connect a ChatGPT account you declare:</p>
                <ul>
                  {CONSENT.statements.map(({ id, text }) => (
                    <li key={id}>{text}</li>
                  ))}
                </ul>
                <p>
                  OpenAI&rsquo;s terms apply between you and OpenAI. OpenAI may limit or close an account; we have no influence on that and
                  do not answer for it. One account is held by one container for one owner. We do not pool accounts. See the{" "}
                  <Link href="/docs/account-rules">account rules</Link>.
                </p>
              </>
            ),
          },
          {
            id: "use",
            title: "What you must not do",
            body: (
              <ul>
                <li>Break the law, or the rules of OpenAI or of the provider that answers.</li>
                <li>Connect an account or a key that is not yours, or resell a ChatGPT plan.</li>
                <li>Attack the service, go around its limits, or use it in a way that harms other customers.</li>
              </ul>
            ),
          },
          {
            id: "money",
            title: "Fee, wallet and prices",
            body: (
              <ul>
                <li>
                  Codex lanes cost {formatUsd(parseUsd(platformFeeUsd))} per month, invoiced by us. The plan itself is paid to OpenAI.
                </li>
                <li>
                  The wallet is prepaid. Requests are charged at the <Link href="/pricing#rates">listed rates</Link> that are in force when
                  they start, by the tokens that the provider reports; where a request broke off and no count came, by an estimate that is
                  marked as such.
                </li>
                <li>Your own key costs nothing here. Its provider bills you.</li>
                <li>
                  A mistake in the ledger is corrected by an entry of its own, which you see. Write to us within 90 days when something is
                  wrong.
                </li>
                <li>Ask us for what is left in your wallet when you leave. Mandatory law about refunds stays as it is.</li>
              </ul>
            ),
          },
          {
            id: "availability",
            title: "Availability and changes",
            body: (
              <p>
                We give no guarantee of availability. What our probes found is on the <Link href="/status">status page</Link>. We may switch
                Codex lanes off for everybody when OpenAI&rsquo;s rules or their safety ask for it; your other lanes go on. We announce a
                change of these terms that is to your disadvantage by mail at least 30 days ahead.
              </p>
            ),
          },
          {
            id: "liability",
            title: "Liability",
            body: (
              <p>
                The service is provided as it is. As far as the law allows, we are liable for what we cause on purpose or by gross
                negligence, and otherwise up to what you paid us in the twelve months before the damage. Rights that a consumer cannot give
                up are not touched.
              </p>
            ),
          },
          {
            id: "end",
            title: "The end",
            body: (
              <p>
                You can leave at any time. We can end the agreement with 30 days&rsquo; notice, and suspend an account at once when these
                terms are broken or other customers would be harmed. You are told why.
              </p>
            ),
          },
        ]}
      />
    </SitePage>
  );
}
