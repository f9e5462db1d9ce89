import { cn } from "@/components/ui/cn";

const LOOKS: Record<string, string> = { GET: "bg-ink/8 text-muted", POST: "bg-accent-soft text-accent", DELETE: "bg-bad-soft text-bad" };

/** All of one width, so that the addresses behind them stand in one column. */
export function Method({ method }: { method: string }) {
  return (
    <span className={cn("inline-block w-16 shrink-0 rounded-sm py-0.5 text-center font-mono text-xs font-medium", LOOKS[method])}>
      {method}
    </span>
  );
}
