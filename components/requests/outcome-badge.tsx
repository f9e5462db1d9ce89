import { Badge, type BadgeTone } from "@/components/ui/badge";

const TONES: Record<string, BadgeTone> = {
  completed: "good",
  incomplete: "warn",
  interrupted: "warn",
  unsettled: "warn",
  refused: "bad",
  failed: "bad",
};

export function OutcomeBadge({ outcome }: { outcome: string }) {
  return <Badge tone={TONES[outcome]}>{outcome}</Badge>;
}
