import { Check, TriangleAlert } from "lucide-react";
import { Banner } from "@/components/ui/banner";
import { Card } from "@/components/ui/card";
import { LocalTime } from "@/components/ui/local-time";
import type { NeverSharedView } from "@/lib/codex/read-evidence";

type Claim = { holds: boolean; text: string };

/** The claims of the promise, each with what was counted for it. */
export function neverSharedClaims({ lanes, keys, sameIdentity, requests, guards }: NeverSharedView): Claim[] {
  return [
    { holds: lanes.foreign === 0 && lanes.own <= 1, text: `Lanes on this account: ${lanes.own} of its owner, ${lanes.foreign} of others` },
    { holds: keys.foreign === 0, text: `API keys that can reach it: ${keys.own} of its owner, ${keys.foreign} of others` },
    {
      holds: sameIdentity === null || sameIdentity === 1,
      text:
        sameIdentity === null
          ? "Same ChatGPT identity elsewhere: not known before the first sign-in"
          : `Accounts here with the same ChatGPT identity: ${sameIdentity}, this one`,
    },
    {
      holds: requests.foreign === 0,
      text: `Requests that it answered in the last 24 hours: ${requests.own} of its owner, ${requests.foreign} of others`,
    },
    {
      holds: guards.missing.length === 0,
      text:
        guards.missing.length === 0
          ? `Constraints of the database that keep it so: all ${guards.present.length} in force`
          : `Constraints of the database that are missing: ${guards.missing.join(", ")}`,
    },
  ];
}

export function NeverShared({ result }: { result: NeverSharedView }) {
  const claims = neverSharedClaims(result);
  const isBroken = claims.some(({ holds }) => !holds);
  return (
    <Card
      title="Never shared"
      aside={
        <>
          checked <LocalTime iso={result.checkedAt} />
        </>
      }
    >
      {isBroken && (
        <div className="mb-3">
          <Banner tone="bad">Something here is not as promised. Tell the operator at once.</Banner>
        </div>
      )}
      <ul className="grid gap-2 text-sm">
        {claims.map(({ holds, text }) => (
          <li key={text} className="flex gap-2">
            {holds ? (
              <Check aria-label="Holds" size={18} className="mt-0.5 shrink-0 text-good" />
            ) : (
              <TriangleAlert aria-label="Broken" size={18} className="mt-0.5 shrink-0 text-bad" />
            )}
            <span className="min-w-0 wrap-anywhere">{text}</span>
          </li>
        ))}
      </ul>
      <details className="mt-3">
        <summary className="inline-flex min-h-target cursor-pointer items-center text-sm text-muted underline underline-offset-2 hover:text-ink">
          Names of the constraints
        </summary>
        <p className="pt-1 font-mono text-xs wrap-anywhere text-muted">{result.guards.present.join(", ")}</p>
      </details>
    </Card>
  );
}
