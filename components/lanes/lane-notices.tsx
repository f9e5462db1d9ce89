import Link from "next/link";
import type { Lanes } from "@/components/data/lanes-query";
import { spillWords } from "@/components/lanes/spill-words";
import { Banner } from "@/components/ui/banner";
import type { LaneView } from "@/lib/lanes/read";

/** What an owner should hear of on the day it happens: a sign-in that OpenAI ended, a container that fails, paid lanes that took over. */
export function LaneNotices({ lanes: { rows, codexOn } }: { lanes: Lanes }) {
  const signedOut = rows.filter(({ state, account }) => state === "signed_out" && account?.stateReason?.startsWith("by_openai"));
  const failed = rows.filter(({ account }) => account?.containerState === "failed");
  const spills = rows.flatMap((lane) => (lane.spillToday ? [{ lane, spill: lane.spillToday }] : []));
  return (
    <>
      {!codexOn && rows.some(({ kind }) => kind === "codex") && (
        <Banner tone="warn">The operator has switched all Codex lanes off for now. Your sign-ins are kept.</Banner>
      )}
      {signedOut.map((lane) => (
        <Banner key={lane.id} tone="bad">
          OpenAI has ended the sign-in of <LaneLink lane={lane} />. Sign in again to use it.
        </Banner>
      ))}
      {failed.map((lane) => (
        <Banner key={lane.id} tone="warn">
          The container of <LaneLink lane={lane} /> fails. {lane.account?.containerReason?.replace(/^[a-z_]+: */, "")}
        </Banner>
      ))}
      {spills.map(({ lane, spill }) => (
        <Banner key={lane.id} tone="warn">
          Today <LaneLink lane={lane} /> answered {spill.requests === 1 ? "1 request" : `${spill.requests} requests`} in place of your Codex
          lanes, the first because {spillWords(spill.firstReason)}.
        </Banner>
      ))}
    </>
  );
}

function LaneLink({ lane: { id, label } }: { lane: LaneView }) {
  return (
    <Link href={`/dashboard/lanes/${id}`} className="font-medium underline underline-offset-2 wrap-anywhere">
      {label}
    </Link>
  );
}
