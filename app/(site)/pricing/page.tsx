import type { Metadata } from "next";
import Link from "next/link";
import { SitePage } from "@/components/site/site-page";
import { SiteSection } from "@/components/site/site-section";
import { buttonClass } from "@/components/ui/button";
import { DataTable, type Column } from "@/components/ui/data-table";
import { Money } from "@/components/ui/money";
import { formatUsd, parseUsd } from "@/lib/money/micro-usd";
import { readRateCard, type RateCardRow } from "@/lib/providers/read-rate-card";
import { runtime } from "@/lib/runtime/runtime";

export const metadata: Metadata = {
  title: "Pricing",
  description:
    "A monthly fee for Codex lanes without a markup on inference, and a prepaid wallet by the token. Own keys cost nothing here.",
  alternates: { canonical: "/pricing" },
};

const RATES: readonly Column<RateCardRow>[] = [
  { name: "Models", cell: ({ models }) => <span className="wrap-anywhere">{models.join(", ")}</span> },
  { name: "Input", numeric: true, cell: ({ inputUsd }) => <Money usd={inputUsd} /> },
  { name: "Cached input", numeric: true, cell: ({ cachedInputUsd }) => <Money usd={cachedInputUsd} /> },
  { name: "Cache write", numeric: true, cell: ({ cacheWriteUsd }) => <Money usd={cacheWriteUsd} /> },
  { name: "Output", numeric: true, cell: ({ outputUsd }) => <Money usd={outputUsd} /> },
  {
    name: "Web search, per call",
    numeric: true,
    cell: ({ webSearchCallUsd }) => (webSearchCallUsd === null ? "not sold" : <Money usd={webSearchCallUsd} />),
  },
];

const BILLED = [
  "The monthly fee, while you use Codex lanes.",
  "On the wallet: input, cached input, cache writes and output, by the counts that the provider reports. Reasoning counts as output.",
  "On the wallet: a request that was accepted and then broke off, for its input and for the output that was produced.",
] as const;

const NEVER_BILLED = [
  "Tokens that a ChatGPT plan or your own key answers: the log shows them with a cost of zero.",
  "Requests that are refused, by us or by every lane, before a provider has accepted them.",
  "The same request twice, when your client sends it again because the connection broke: it joins the one that runs.",
  "A provider that costs the operator more than the listed price: that difference is the operator's.",
] as const;

export default async function PricingPage() {
  const { config, db } = runtime();
  const { platformFeeUsd, operatorName, brandName, supportEmail, signUp } = config;
  const rates = await readRateCard(db.orm);
  return (
    <SitePage title="Pricing" lead="A flat fee for Codex lanes, a price per token for the wallet, and nothing for your own key.">
      <div className="grid gap-4 lg:grid-cols-3">
        <Offer
          title="Codex lanes"
          price={formatUsd(parseUsd(platformFeeUsd)).replace(/\.00$/, "")}
          unit="per month, and your ChatGPT plan at OpenAI"
        >
          No markup on inference: what your plan answers is not charged by the token. One container for each of your accounts.
        </Offer>
        <Offer title="Wallet" price="By the token" unit="prepaid, no monthly fee">
          At the rates below. The most that a request can cost is held before it starts, and you are charged what it did cost.
        </Offer>
        <Offer title="Own key" price="$0" unit="you pay OpenAI">
          Requests with your own OpenAI key are forwarded, counted and logged. They cost nothing here.
        </Offer>
      </div>

      <SiteSection
        id="rates"
        title="Wallet rates"
        lead="US dollars per one million tokens, as the price book has them now. A change applies to requests that start after it; each request keeps the price that it started with."
      >
        <div className="rounded-lg border border-line bg-panel p-4 sm:p-5">
          {rates.length > 0 ? (
            <DataTable
              caption="Wallet rates in US dollars per one million tokens"
              columns={RATES}
              rows={rates}
              rowKey={({ models }) => models.join()}
            />
          ) : (
            <p className="text-muted">No model is sold over the wallet at present.</p>
          )}
        </div>
        <p className="mt-3 text-sm text-muted">
          The cost of a request is added up exactly and rounded up once, to a millionth of a dollar.{" "}
          <Link href="/docs/billing" className="text-accent underline underline-offset-2">
            Billing rules with worked examples
          </Link>
        </p>
      </SiteSection>

      <div className="grid gap-10 md:grid-cols-2">
        <SiteSection title="What is billed">
          <RuleList rules={BILLED} />
        </SiteSection>
        <SiteSection title="What never is">
          <RuleList rules={NEVER_BILLED} />
        </SiteSection>
      </div>

      <SiteSection title="How you pay">
        <div className="max-w-2xl text-pretty text-muted">
          <p>
            {operatorName ?? brandName} invoices the fee and adds credit to your wallet. There is no card form on this site.
            {supportEmail && (
              <>
                {" "}
                Write to{" "}
                <a href={`mailto:${supportEmail}`} className="text-accent underline underline-offset-2">
                  {supportEmail}
                </a>
                .
              </>
            )}
          </p>
          <p className="mt-3">An empty wallet stops: the next request is refused and says so. It never runs into debt by itself.</p>
        </div>
        <div className="mt-5 flex flex-wrap gap-3">
          {signUp !== "closed" && (
            <Link href="/sign-up" className={buttonClass("primary")}>
              Get started
            </Link>
          )}
          <Link href="/calculator" className={buttonClass()}>
            Is it worth it? Calculate
          </Link>
        </div>
      </SiteSection>
    </SitePage>
  );
}

function Offer({ title, price, unit, children }: { title: string; price: string; unit: string; children: string }) {
  return (
    <section className="rounded-lg border border-line bg-panel p-5">
      <h2 className="font-semibold">{title}</h2>
      <p className="numeric mt-3 text-2xl font-semibold tracking-tight">{price}</p>
      <p className="text-sm text-muted">{unit}</p>
      <p className="mt-3 border-t border-line pt-3 text-sm text-pretty text-muted">{children}</p>
    </section>
  );
}

function RuleList({ rules }: { rules: readonly string[] }) {
  return (
    <ul className="grid gap-3">
      {rules.map((rule) => (
        <li key={rule} className="border-t border-line pt-3 text-pretty text-muted">
          {rule}
        </li>
      ))}
    </ul>
  );
}
