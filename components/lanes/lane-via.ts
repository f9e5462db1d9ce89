import { planName } from "@/components/lanes/plan-name";
import type { LaneView } from "@/lib/lanes/read";

/** What answers on a lane: the account, the key or the wallet. */
export function laneVia({ kind, account, keyLastFour, baseUrl }: LaneView): string {
  switch (kind) {
    case "codex":
      return [account?.planType ? planName(account.planType) : "ChatGPT account", account?.email].filter(Boolean).join(", ");
    case "api_key":
      return `own key …${keyLastFour ?? ""} at ${baseUrl ? new URL(baseUrl).host : ""}`;
    case "wallet":
      return "Prepaid credit";
  }
}
