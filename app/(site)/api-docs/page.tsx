import type { Metadata } from "next";
import Link from "next/link";
import type { ReactNode } from "react";
import { readApiDocument } from "@/app/_server/read-api-document";
import { ApiFrame } from "@/components/api-docs/api-frame";
import { ErrorTable } from "@/components/api-docs/error-table";
import { Method } from "@/components/api-docs/method";
import { InlineCode } from "@/components/ui/inline-code";
import { documentedErrors } from "@/lib/api-spec/error-answers";
import { operationGroups } from "@/lib/api-spec/operation-view";
import { runtime } from "@/lib/runtime/runtime";

export const metadata: Metadata = {
  title: "API reference",
  description: "Every address, field and error of the API, with examples in several languages and a way to try each with your own key.",
  alternates: { canonical: "/api-docs", types: { "application/json": "/openapi.json" } },
};

const LINK = "text-accent underline underline-offset-2";

export default async function ApiDocsPage() {
  const { publicUrl, brandName } = runtime().config;
  const groups = operationGroups(await readApiDocument());
  return (
    <ApiFrame groups={groups} current={null}>
      <h1 className="text-2xl font-semibold tracking-tight">API reference</h1>
      <p className="mt-2 max-w-2xl text-lg text-pretty text-muted">
        Addresses under /v1 are OpenAI&rsquo;s, served by your own lanes. Those under /api/v1 tell of your account.
      </p>
      <dl className="mt-6 grid gap-x-8 gap-y-3 border-y border-line py-5 sm:grid-cols-[10rem_minmax(0,1fr)]">
        <Fact name="Base URL">
          <InlineCode>{`${publicUrl}/v1`}</InlineCode> for OpenAI&rsquo;s libraries
        </Fact>
        <Fact name="Credential">
          <InlineCode>authorization: Bearer</InlineCode> and an API key of {brandName}, from{" "}
          <Link href="/dashboard/keys" className={LINK}>
            API keys
          </Link>
        </Fact>
        <Fact name="Money and times">Decimal strings in US dollars; ISO 8601 in UTC</Fact>
        <Fact name="Request id">
          <InlineCode>x-request-id</InlineCode> of an answer, by which the request log knows it
        </Fact>
        <Fact name="For programs">
          <Link href="/openapi.json" prefetch={false} className={LINK}>
            openapi.json
          </Link>
          , OpenAPI 3.1, from which this reference is made
        </Fact>
      </dl>

      {groups.map(({ tag, about, operations }) => (
        <section key={tag} className="mt-9">
          <h2 id={anchorOf(tag)} className="scroll-mt-6 text-lg font-semibold">
            {tag}
          </h2>
          <p className="text-sm text-muted">{about}</p>
          <ul className="mt-2 divide-y divide-line border-y border-line">
            {operations.map(({ slug, method, path, summary }) => (
              <li key={slug}>
                <Link
                  href={`/api-docs/${slug}`}
                  className="flex min-h-target flex-wrap items-center gap-x-3 gap-y-0.5 py-2 hover:text-accent sm:flex-nowrap"
                >
                  <Method method={method} />
                  <code className="min-w-0 font-mono text-sm wrap-anywhere">{path}</code>
                  <span className="w-full text-sm text-muted sm:ml-auto sm:w-auto sm:text-right">{summary}</span>
                </Link>
              </li>
            ))}
          </ul>
        </section>
      ))}

      <section className="mt-12">
        <h2 id="errors" className="scroll-mt-6 text-xl font-semibold tracking-tight">
          Errors
        </h2>
        <p className="mt-2 max-w-2xl text-pretty text-muted">
          The body is OpenAI&rsquo;s: <InlineCode>{'{"error": {"message", "type", "param", "code"}}'}</InlineCode>. One failure has two
          faces under /v1: SDKs get what OpenAI would send, and Codex gets what it shows after one request. In a stream that has begun, the
          same error comes as <InlineCode>response.failed</InlineCode>, or on the chat wire as a data line with the error. Addresses under
          /api/v1 send the face for SDKs.
        </p>
        <div className="mt-5">
          <ErrorTable errors={documentedErrors()} />
        </div>
      </section>
    </ApiFrame>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-sm font-medium">{name}</dt>
      <dd className="min-w-0 text-sm text-muted max-sm:-mt-2 wrap-anywhere">{children}</dd>
    </>
  );
}

function anchorOf(tag: string): string {
  return tag.toLowerCase().replaceAll(" ", "-");
}
