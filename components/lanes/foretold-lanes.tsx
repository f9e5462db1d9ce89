import { Badge, type BadgeTone } from "@/components/ui/badge";
import { Banner } from "@/components/ui/banner";
import { foretoldWords } from "@/components/lanes/foretold-words";
import type { ForetoldLane } from "@/lib/gateway/foretell";

const BADGES: Record<ForetoldLane["does"], { word: string; tone: BadgeTone }> = {
  answers: { word: "answers", tone: "good" },
  stands_by: { word: "stands by", tone: "neutral" },
  cannot_pay: { word: "cannot pay", tone: "warn" },
  stays_closed: { word: "stays closed", tone: "warn" },
  is_passed_over: { word: "passed over", tone: "neutral" },
};

type Props = {
  foretold: {
    model: string;
    lanes: readonly ForetoldLane[];
    refusal: { code: string; message: string } | null;
    ipAllow: readonly string[] | null;
  };
};

export function ForetoldLanes({ foretold: { model, lanes, refusal, ipAllow } }: Props) {
  const taker = lanes.find(({ does }) => does === "answers");
  return (
    <section className="grid gap-3 rounded-lg border border-line bg-panel p-4 sm:p-5" aria-label="What would happen">
      <h2 className="text-base font-semibold wrap-anywhere">
        {taker ? `${taker.label} would answer with ${model}` : `Nobody would answer with ${model}`}
      </h2>
      {refusal !== null && (
        <Banner tone="warn">
          <span className="font-medium">What the client would hear: </span>
          {refusal.message}
        </Banner>
      )}
      <ol className="grid">
        {lanes.map((lane) => (
          <li key={lane.laneId} className="grid gap-0.5 border-t border-line py-3 text-sm first:border-t-0 last:pb-0">
            <p className="flex flex-wrap items-baseline gap-2">
              <span className="font-medium wrap-anywhere">{lane.label}</span>
              <Badge tone={BADGES[lane.does].tone}>{BADGES[lane.does].word}</Badge>
            </p>
            {foretoldWords(lane).map((sentence) => (
              <p key={sentence} className="text-muted wrap-anywhere">
                {sentence}
              </p>
            ))}
          </li>
        ))}
      </ol>
      <p className="text-sm text-muted">
        {ipAllow !== null && <>From {ipAllow.join(", ")}: from anywhere else this key is refused. </>}
        As things stand now. Whether a line is full, a container answers or an upstream refuses shows only when a request is really sent.
      </p>
    </section>
  );
}
