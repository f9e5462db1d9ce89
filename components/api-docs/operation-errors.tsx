import Link from "next/link";
import type { DocumentedError } from "@/lib/api-spec/error-answers";
import type { OperationView } from "@/lib/api-spec/operation-view";

type Props = { statuses: OperationView["errors"]; errors: readonly DocumentedError[] };

/** What one route can be refused with, by status; what to do about each stands in the table of all errors. */
export function OperationErrors({ statuses, errors }: Props) {
  return (
    <dl className="divide-y divide-line border-y border-line text-sm">
      {statuses.map(({ status, names }) => {
        const all = names.flatMap((name) => errors.find(({ error }) => error === name) ?? []);
        const told = all.filter(({ sdk }) => String(sdk.status) === status);
        const toCodex = all.filter((entry) => !told.includes(entry));
        return (
          <div key={status} className="grid gap-x-4 py-2.5 sm:grid-cols-[3rem_minmax(0,1fr)]">
            <dt className="numeric font-medium">{status}</dt>
            <dd className="min-w-0">
              <ul className="grid gap-1">
                {told.map(({ error, when }) => (
                  <li key={error} className="wrap-anywhere">
                    <ErrorLink error={error} /> <span className="text-muted">{when}</span>
                  </li>
                ))}
              </ul>
              {toCodex.length > 0 && (
                <p className="flex flex-wrap items-center gap-x-2.5 not-first:mt-1">
                  <span className="text-muted">To Codex{told.length > 0 && " also"}:</span>
                  {toCodex.map(({ error }) => (
                    <ErrorLink key={error} error={error} />
                  ))}
                </p>
              )}
            </dd>
          </div>
        );
      })}
    </dl>
  );
}

function ErrorLink({ error }: { error: string }) {
  return (
    <Link href={`/api-docs#error-${error}`} className="inline-flex min-h-6 items-center font-mono text-accent underline underline-offset-2">
      {error}
    </Link>
  );
}
