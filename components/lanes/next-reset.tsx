"use client";

import { windowName } from "@/components/lanes/window-words";
import { TimeAhead } from "@/components/ui/time-ahead";
import { useNow } from "@/components/ui/use-now";
import type { WindowView } from "@/lib/codex/read";

const STEP_MS = 60_000;

/** Which of several windows opens first. */
export function NextReset({ windows }: { windows: readonly WindowView[] }) {
  const now = useNow(STEP_MS);
  if (now === null || windows.length < 2) return null;
  const [next] = windows
    .flatMap((window) => (window.resetsAt && new Date(window.resetsAt) > now ? [{ window, resetsAt: window.resetsAt }] : []))
    .toSorted((one, other) => one.resetsAt.localeCompare(other.resetsAt));
  return next ? (
    <p className="text-sm">
      Next reset: {windowName(next.window)}, <TimeAhead iso={next.resetsAt} />
    </p>
  ) : null;
}
