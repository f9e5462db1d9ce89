import type { DocumentedError, DocumentedFace } from "@/lib/api-spec/error-answers";

/** Every error with both its faces, when it comes and what to do. */
export function ErrorTable({ errors }: { errors: readonly DocumentedError[] }) {
  return (
    <ul className="-mx-3 divide-y divide-line border-y border-line text-sm">
      {errors.map(({ error, when, todo, sdk, codex }) => (
        <li
          key={error}
          id={`error-${error}`}
          className="grid scroll-mt-6 gap-x-8 px-3 gap-y-2 py-3.5 target:bg-accent-soft md:grid-cols-[minmax(0,1fr)_15rem]"
        >
          <div className="min-w-0">
            <h3>
              <a href={`#error-${error}`} className="font-mono font-medium hover:underline">
                {error}
              </a>
            </h3>
            <p className="mt-0.5 text-pretty text-muted">{sentence(when)}</p>
            <p className="mt-1 text-pretty">{todo}</p>
          </div>
          <dl className="grid grid-cols-[3.5rem_minmax(0,1fr)] content-start gap-x-2 gap-y-1 text-xs">
            <dt className="text-muted">SDKs</dt>
            <dd>
              <Face face={sdk} />
            </dd>
            <dt className="text-muted">Codex</dt>
            <dd>
              <Face face={codex} />
              <span className="block text-muted">requests: {codex.requests}</span>
              <span className="block text-muted">
                in a stream: <code className="font-mono">{codex.inStream}</code>
              </span>
            </dd>
          </dl>
        </li>
      ))}
    </ul>
  );
}

function Face({ face: { status, code, retryAfter, final, resetsAt } }: { face: DocumentedFace }) {
  const notes = [retryAfter && "retry-after", final && "x-should-retry: false", resetsAt && "resets_at"].filter(Boolean);
  return (
    <span className="wrap-anywhere">
      <span className="numeric font-medium">{status}</span> {code ? <code className="font-mono">{code}</code> : "without a code"}
      {notes.length > 0 && <span className="text-muted">, {notes.join(", ")}</span>}
    </span>
  );
}

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}
