import type { ReactNode } from "react";
import { cn } from "@/components/ui/cn";

type StatProps = {
  label: ReactNode;
  value: ReactNode;
  note?: ReactNode;
  /** Against the time before, in words that say of what: "12 % more than yesterday". */
  trend?: { words: string; tone: "good" | "bad" | "neutral" };
};

const TONES = { good: "text-good", bad: "text-bad", neutral: "text-muted" };

/** One figure. Several of them stand in `StatRow`, which makes room for long amounts. */
export function Stat({ label, value, note, trend }: StatProps) {
  return (
    <div className="flex-[1_1_8rem]">
      <dt className="text-sm text-muted wrap-anywhere">{label}</dt>
      <dd className="numeric mt-0.5 text-xl font-semibold tracking-tight wrap-anywhere">{value}</dd>
      {trend && <dd className={cn("mt-0.5 text-sm", TONES[trend.tone])}>{trend.words}</dd>}
      {note && <dd className="mt-0.5 text-sm text-muted">{note}</dd>}
    </div>
  );
}

export function StatRow({ children }: { children: ReactNode }) {
  return <dl className="flex flex-wrap gap-x-6 gap-y-4">{children}</dl>;
}
