import type { Metadata } from "next";
import Link from "next/link";
import { signedIn } from "@/app/_server/session";
import { setupLinesOf } from "@/app/_server/setup-lines-of";
import { LaneCards } from "@/components/site/lane-cards";
import { Questions } from "@/components/site/questions";
import { RequestFlow } from "@/components/site/request-flow";
import { SiteSection } from "@/components/site/site-section";
import { buttonClass } from "@/components/ui/button";
import { CodeBlock } from "@/components/ui/code-block";
import { runtime } from "@/lib/runtime/runtime";
import { pythonExample } from "@/lib/site/sdk-examples";

export function generateMetadata(): Metadata {
  const { brandName } = runtime().config;
  return {
    title: { absolute: `${brandName}: one address for Codex and every OpenAI client` },
    description:
      "Requests go to the first of your own lanes that can answer: your ChatGPT plan, your own OpenAI key, or a prepaid wallet. Every request is metered and logged.",
    alternates: { canonical: "/" },
  };
}

const FOR_WHOM = [
  {
    title: "You run tools on OpenAI's API",
    text: "and want what they ask answered on the ChatGPT plan that you already pay for. When its window is full, the same request goes on over a key or a wallet that you chose, and returns to the plan after the reset.",
  },
  {
    title: "You run Codex where no plan is signed in",
    text: "on servers, in pipelines, in containers: the stock CLI works over your key or your wallet, with one line of setup. Its own requests bring tools along that a ChatGPT lane does not carry.",
  },
  {
    title: "You must say what it cost",
    text: "by request, key, model and lane, to the micro-dollar, from a ledger that only ever grows.",
  },
] as const;

const LIMITS = [
  "One ChatGPT account is one container with one owner. Accounts are never pooled, shared or resold, and the database refuses anything else.",
  "OpenAI decides about its plans. Windows shrink, models leave, accounts are limited: what a plan answers today is no promise for tomorrow.",
  "A Codex lane is a coding assistant behind an API. Sampling parameters are ignored there, and hosted tools, audio, files and stored responses are not possible.",
  "Each hop costs time. In our own measurement of 21 November 2026 a Codex lane added about 41 ms to a turn at the median, and the first turn of a stopped container about 180 ms more.",
  "Your traffic passes through the operator's machines, encrypted on the way and in clear inside. If you may not let that happen, do not use it.",
] as const;

export default async function HomePage() {
  const { config } = runtime();
  const { brandName, signUp, keyEnvName } = config;
  const session = await signedIn();
  const lines = setupLinesOf(config, null);
  return (
    <div className="mx-auto grid w-full max-w-6xl grid-cols-[minmax(0,1fr)] gap-16 px-4 py-12 sm:gap-20 sm:py-20">
      <section className="grid grid-cols-[minmax(0,1fr)] items-center gap-10 lg:grid-cols-[1.05fr_1fr] lg:gap-14">
        <div>
          <h1 className="text-3xl font-semibold tracking-tight text-balance">One address for Codex and every OpenAI client</h1>
          <p className="mt-5 max-w-xl text-lg text-pretty text-muted">
            {brandName} takes each request to the first of your own lanes that can answer it: your ChatGPT plan, your own OpenAI key, or a
            prepaid wallet. You see every request with its lane, its tokens and its cost.
          </p>
          <div className="mt-7 flex flex-wrap gap-3">
            {session ? (
              <Link href={session.viewer.role === "admin" ? "/admin" : "/dashboard"} className={buttonClass("primary")}>
                Dashboard
              </Link>
            ) : (
              <Link href={signUp === "closed" ? "/sign-in" : "/sign-up"} className={buttonClass("primary")}>
                {signUp === "closed" ? "Sign in" : "Get started"}
              </Link>
            )}
            <Link href="/docs/quick-start" className={buttonClass()}>
              Quick start
            </Link>
          </div>
        </div>
        <div className="grid grid-cols-[minmax(0,1fr)] gap-3">
          <CodeBlock
            lang="bash"
            title="Codex CLI, in a shell"
            code={`${lines.exportKey}\n${lines.start}`}
            copyLabel="the lines for Codex CLI"
            wrap
          />
          <CodeBlock
            lang="python"
            title="OpenAI SDK, in Python"
            copyLabel="the lines for Python"
            code={pythonExample({ publicUrl: config.publicUrl, keyEnvName, model: "gpt-5.5" })}
          />
        </div>
      </section>

      <SiteSection id="how" title="How a request flows">
        <RequestFlow />
      </SiteSection>

      <SiteSection title="Three lanes" lead="Use one of them or all. You put them into their order, and the log says which one answered.">
        <LaneCards />
      </SiteSection>

      <SiteSection title="For whom it is">
        <ul className="grid gap-x-10 gap-y-6 md:grid-cols-3">
          {FOR_WHOM.map(({ title, text }) => (
            <li key={title} className="border-t border-line pt-4">
              <h3 className="font-semibold">{title}</h3>
              <p className="mt-1.5 text-pretty text-muted">{text}</p>
            </li>
          ))}
        </ul>
      </SiteSection>

      <SiteSection
        title="Honest limits"
        lead={`${brandName} is independent software, not affiliated with OpenAI. Know this before you start.`}
      >
        <ul className="grid gap-px overflow-hidden rounded-lg border border-line bg-line">
          {LIMITS.map((limit) => (
            <li key={limit} className="bg-panel px-5 py-3.5 text-pretty">
              {limit}
            </li>
          ))}
        </ul>
      </SiteSection>

      <SiteSection title="Five questions">
        <Questions brandName={brandName} />
      </SiteSection>
    </div>
  );
}
