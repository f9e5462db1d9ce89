import { durationWords } from "@/components/requests/duration-words";
import type { RequestView } from "@/lib/requests/read";

type Attempt = RequestView["attempts"][number];

/** Below that share of the whole a bar would not be seen. */
const WIDTH_MIN_PERCENT = 0.5;

/** When each try began, how long it stood in line, when its first byte came and how long it took: drawn, and said beside it. */
export function Waterfall({ attempts, durationMs }: { attempts: readonly Attempt[]; durationMs: number }) {
  const wholeMs = Math.max(durationMs, ...attempts.map((one) => one.offsetMs + one.durationMs), 1);
  const percent = (ms: number) => `${Math.min(Math.max((ms / wholeMs) * 100, 0), 100)}%`;
  return (
    <ol className="grid gap-3 text-sm">
      {attempts.map((attempt) => {
        const queuedMs = attempt.queuedMs ?? 0;
        const firstMs = attempt.firstByteMs;
        return (
          <li key={attempt.attemptNo} className="grid gap-1">
            <div className="flex flex-wrap items-baseline justify-between gap-x-3">
              <span className="font-medium wrap-anywhere">
                {attempt.attemptNo}. {attempt.lane.label ?? attempt.lane.kind}
                <span className="font-normal text-muted"> · {attempt.outcome}</span>
              </span>
              <span className="numeric text-muted">{durationWords(attempt.durationMs)}</span>
            </div>
            <div aria-hidden className="relative h-2.5 overflow-hidden rounded-sm bg-sunken">
              <span
                className="absolute inset-y-0 rounded-sm bg-edge"
                style={{ left: percent(attempt.offsetMs), width: percent(Math.max(firstMs ?? attempt.durationMs, queuedMs)) }}
              />
              {queuedMs > 0 && (
                <span className="absolute inset-y-0 bg-warn" style={{ left: percent(attempt.offsetMs), width: percent(queuedMs) }} />
              )}
              {firstMs !== null && (
                <span
                  className="absolute inset-y-0 rounded-sm bg-accent"
                  style={{
                    left: percent(attempt.offsetMs + firstMs),
                    width: percent(attempt.durationMs - firstMs),
                    minWidth: `${WIDTH_MIN_PERCENT}%`,
                  }}
                />
              )}
            </div>
            <p className="text-xs text-muted">
              {[
                `began at ${durationWords(attempt.offsetMs)}`,
                queuedMs > 0 && `${durationWords(queuedMs)} in line`,
                firstMs !== null && `first byte after ${durationWords(firstMs)}`,
                attempt.upstreamStatus !== null && `status ${attempt.upstreamStatus}`,
                attempt.reason?.replaceAll("_", " "),
              ]
                .filter(Boolean)
                .join(" · ")}
            </p>
          </li>
        );
      })}
    </ol>
  );
}
