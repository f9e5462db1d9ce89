import type { ReactNode } from "react";
import { cn } from "@/components/ui/cn";

const TONES = {
  neutral: "border-line bg-sunken text-ink",
  warn: "border-warn/30 bg-warn-soft text-warn",
  bad: "border-bad/30 bg-bad-soft text-bad",
};

/** `urgent` is read out at once: for the answer to what somebody has just done. */
export function Banner({ tone = "neutral", urgent, children }: { tone?: keyof typeof TONES; urgent?: boolean; children: ReactNode }) {
  return (
    <div role={urgent ? "alert" : undefined} className={cn("min-w-0 rounded-md border px-3 py-2 text-sm wrap-anywhere", TONES[tone])}>
      {children}
    </div>
  );
}
