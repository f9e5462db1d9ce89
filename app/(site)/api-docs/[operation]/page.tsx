import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { cache, type ReactNode } from "react";
import { readApiDocument } from "@/app/_server/read-api-document";
import { AnswerSection } from "@/components/api-docs/answer-section";
import { ApiFrame } from "@/components/api-docs/api-frame";
import { FieldList } from "@/components/api-docs/field-list";
import { Method } from "@/components/api-docs/method";
import { OperationErrors } from "@/components/api-docs/operation-errors";
import { TryIt } from "@/components/api-docs/try-it";
import { CodeBlock } from "@/components/ui/code-block";
import { Tabs } from "@/components/ui/tabs";
import { documentedErrors } from "@/lib/api-spec/error-answers";
import { operationGroups, operationView, type OperationView } from "@/lib/api-spec/operation-view";

type Props = { params: Promise<{ operation: string }> };

const shown = cache(async ({ params }: Props): Promise<OperationView> => {
  const view = operationView(await readApiDocument(), (await params).operation);
  return view ?? notFound();
});

export async function generateMetadata(props: Props): Promise<Metadata> {
  const { method, path, summary, description, slug } = await shown(props);
  return { title: `${summary} · API`, description: `${method} ${path}: ${description}`, alternates: { canonical: `/api-docs/${slug}` } };
}

const PLACES = { path: "In the address", query: "In the query", header: "Headers" } as const;

export default async function OperationPage(props: Props) {
  const operation = await shown(props);
  const groups = operationGroups(await readApiDocument());
  const { method, path, summary, description, access, parameters, body, answers, errors, samples, canTry } = operation;
  return (
    <ApiFrame groups={groups} current={operation.slug}>
      <p className="text-sm text-muted">{operation.tag}</p>
      <h1 className="mt-1 text-2xl font-semibold tracking-tight text-balance">{summary}</h1>
      <p className="mt-3 flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1">
        <Method method={method} />
        <code className="min-w-0 font-mono text-sm wrap-anywhere">{path}</code>
      </p>
      <p className="mt-4 max-w-2xl text-pretty text-muted">{description}</p>
      <p className="mt-2 text-sm">
        <span className="font-medium">Credential:</span> <span className="text-muted">{access}</span>
      </p>
      <div className="mt-4 grid grid-cols-[minmax(0,1fr)] gap-x-10 gap-y-8 xl:grid-cols-[minmax(0,1fr)_25rem]">
        <div className="min-w-0">
          {parameters.filter(({ in: place }) => place !== "header").map(parameterPart)}
          {body && (
            <Part id="body" title="Body" about={body.description}>
              <FieldList section="body" fields={body.fields} />
            </Part>
          )}
          {parameters.filter(({ in: place }) => place === "header").map(parameterPart)}
          <Part id="answer" title="Answer">
            <AnswerSection answers={answers} />
          </Part>
          {errors.length > 0 && (
            <Part id="errors" title="Errors">
              <OperationErrors statuses={errors} errors={documentedErrors()} />
            </Part>
          )}
        </div>
        <div className="min-w-0 max-xl:order-first xl:sticky xl:top-0 xl:max-h-dvh xl:self-start xl:overflow-y-auto xl:py-6">
          <h2 className="sr-only">Examples</h2>
          <Tabs
            label="Language of the example"
            remember="api-language"
            tabs={samples.map(({ lang, label, source }) => ({
              id: label,
              label,
              content: <CodeBlock code={source} lang={lang} title={`${summary}, ${label}`} wrap={label === "Codex"} />,
            }))}
          />
          {canTry && (
            <div className="mt-5">
              <TryIt
                method={method}
                path={path}
                hasKey={operation.credential !== null}
                fields={parameters
                  .filter(({ in: place }) => place !== "header")
                  .flatMap(({ in: place, fields }) => fields.map((field) => ({ name: field.name, place, isRequired: field.isRequired })))}
                body={body ? JSON.stringify({ ...body.example, ...(operation.canStream && { stream: true }) }, null, 2) : null}
              />
            </div>
          )}
        </div>
      </div>
    </ApiFrame>
  );
}

function parameterPart({ in: place, fields }: OperationView["parameters"][number]) {
  return (
    <Part key={place} id={place} title={PLACES[place]}>
      <FieldList section={place} fields={fields} />
    </Part>
  );
}

function Part({ id, title, about, children }: { id: string; title: string; about?: string; children: ReactNode }) {
  return (
    <section className="mt-8 xl:first:mt-6">
      <h2 id={id} className="scroll-mt-6 text-lg font-semibold">
        <a href={`#${id}`} className="hover:underline">
          {title}
        </a>
      </h2>
      {about && <p className="mt-1 text-sm text-pretty text-muted">{about}</p>}
      <div className="mt-3">{children}</div>
    </section>
  );
}
