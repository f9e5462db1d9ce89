import type { ReactNode } from "react";
import type { CallAnswer } from "@/components/api-docs/send-call";
import { Badge } from "@/components/ui/badge";

type Props = { answer: CallAnswer | null; failure: string | null; isRunning: boolean; children: ReactNode };

export function TryAnswer({ answer, failure, isRunning, children }: Props) {
  return (
    <div className="grid gap-2 text-sm empty:hidden">
      <div aria-live="polite" className="mt-3 grid gap-1 text-muted empty:hidden">
        {answer && (
          <p className="flex flex-wrap items-center gap-x-2">
            <Badge tone={answer.status < 400 ? "good" : "bad"}>{answer.status}</Badge>
            {answer.isWhole && <span className="numeric">{Math.round(answer.elapsedMs).toLocaleString("en")} ms</span>}
            {answer.requestId && <code className="font-mono text-xs wrap-anywhere">{answer.requestId}</code>}
          </p>
        )}
        {isRunning && !answer && <p>Waiting for the answer …</p>}
        {failure && <p className="text-bad">{failure}</p>}
        {children}
      </div>
      {answer && (
        <>
          {/* Focusable, so that the keyboard can scroll it. */}
          <pre
            tabIndex={answer.text === "" ? undefined : 0}
            aria-label="Body of the answer"
            className="max-h-96 overflow-auto rounded-md border border-line bg-sunken px-3 py-2.5 font-mono text-xs wrap-anywhere whitespace-pre-wrap"
          >
            {answer.text === "" && answer.isWhole ? "(no body)" : answer.text}
          </pre>
          {answer.isCut && <p className="text-muted">More came than is shown here.</p>}
          <details>
            <summary className="inline-flex min-h-target cursor-pointer items-center font-medium hover:text-accent">Headers</summary>
            <ul className="grid gap-0.5 font-mono text-xs">
              {answer.headers.map(([name, value]) => (
                <li key={name} className="wrap-anywhere">
                  <span className="text-muted">{name}:</span> {value}
                </li>
              ))}
            </ul>
          </details>
        </>
      )}
    </div>
  );
}
