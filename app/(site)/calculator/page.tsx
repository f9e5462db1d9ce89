import type { Metadata } from "next";
import Link from "next/link";
import { Calculator } from "@/components/site/calculator";
import { CalendarDay } from "@/components/site/calendar-day";
import { SitePage } from "@/components/site/site-page";
import { SiteSection } from "@/components/site/site-section";
import { readRateCard, type RateCardRow } from "@/lib/providers/read-rate-card";
import { runtime } from "@/lib/runtime/runtime";
import { fieldsByDefault, fieldsFromQuery } from "@/lib/site/calculator-query";
import { PLAN_SOURCES, PLAN_TIERS, TIERS_READ_ON } from "@/lib/site/plan-tiers";

export const metadata: Metadata = {
  title: "Calculator",
  description: "A monthly OpenAI bill against ChatGPT plans and the platform fee: the break-even, and when paying by the token is better.",
  alternates: { canonical: "/calculator" },
};

type CalculatorPageProps = { searchParams: Promise<Record<string, string | string[] | undefined>> };

export default async function CalculatorPage({ searchParams }: CalculatorPageProps) {
  const { config, db } = runtime();
  const [rates] = await readRateCard(db.orm);
  const defaults = fieldsByDefault({ tiers: PLAN_TIERS, feeUsd: config.platformFeeUsd, ...shortRates(rates) });
  return (
    <SitePage
      title="Meter or plan?"
      lead="Your monthly OpenAI bill against a ChatGPT plan and the platform fee. Where paying by the token is cheaper, it says so."
    >
      <Calculator initial={fieldsFromQuery(await searchParams, defaults)} defaults={defaults} />
      <SiteSection
        title="Where the figures come from"
        lead={
          <>
            Read on <CalendarDay day={TIERS_READ_ON} />. OpenAI publishes no amount of money that a plan is worth, so every figure about a
            plan is an estimate. Change it in the form: the address keeps what you wrote.
          </>
        }
      >
        <dl className="grid gap-x-10 gap-y-5 md:grid-cols-2">
          {PLAN_SOURCES.map(({ what, note, url, dated }) => (
            <div key={what} className="border-t border-line pt-3">
              <dt className="font-semibold">{what} (estimate)</dt>
              <dd className="mt-1 text-sm text-pretty text-muted">
                {note}{" "}
                <a href={url} rel="noreferrer" className="text-accent underline underline-offset-2">
                  {new URL(url).host}
                </a>
                , {dated}.
              </dd>
            </div>
          ))}
          <div className="border-t border-line pt-3">
            <dt className="font-semibold">Platform fee and token prices</dt>
            <dd className="mt-1 text-sm text-pretty text-muted">
              The settings and the price book of this installation as they are now:{" "}
              <Link href="/pricing" className="text-accent underline underline-offset-2">
                pricing
              </Link>
              . OpenAI&rsquo;s own prices differ by model.
            </dd>
          </div>
        </dl>
      </SiteSection>
    </SitePage>
  );
}

/** As people write them. Without a price book there is nothing to start from. */
function shortRates(rates: RateCardRow | undefined) {
  const short = (usd: string) => usd.replace(/\.?0+$/, "") || "0";
  return {
    inputUsd: short(rates?.inputUsd ?? "0"),
    cachedInputUsd: short(rates?.cachedInputUsd ?? "0"),
    outputUsd: short(rates?.outputUsd ?? "0"),
  };
}
