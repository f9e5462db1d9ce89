import { CircleCheck, Info, OctagonAlert, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { cn } from "@/components/ui/cn";

const TONES = {
  note: { look: "border-line bg-sunken", mark: "text-muted", Icon: Info },
  good: { look: "border-good/30 bg-good-soft", mark: "text-good", Icon: CircleCheck },
  warn: { look: "border-warn/30 bg-warn-soft", mark: "text-warn", Icon: TriangleAlert },
  bad: { look: "border-bad/30 bg-bad-soft", mark: "text-bad", Icon: OctagonAlert },
};

/** Aside from the text: what one should know before going on. */
export function Callout({ tone = "note", title, children }: { tone?: keyof typeof TONES; title?: ReactNode; children: ReactNode }) {
  const { look, mark, Icon } = TONES[tone];
  return (
    <div role="note" className={cn("flex gap-3 rounded-md border px-4 py-3 text-sm", look)}>
      <Icon aria-hidden size={18} className={cn("mt-px shrink-0", mark)} />
      <div className="min-w-0 wrap-anywhere">
        {title && <p className="font-medium">{title}</p>}
        <div className={cn(title ? "mt-0.5" : undefined)}>{children}</div>
      </div>
    </div>
  );
}
