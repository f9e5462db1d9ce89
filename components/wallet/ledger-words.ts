import { parseUsd } from "@/lib/money/micro-usd";
import type { LedgerLine } from "@/lib/wallet/read-ledger";

export function ledgerWords({ kind, amountUsd }: Pick<LedgerLine, "kind" | "amountUsd">): string {
  switch (kind) {
    case "settle":
      return "Request";
    case "hold":
      return "Held for a request";
    case "void":
      return "Given back: not charged";
    case "expire":
      return "Request that broke off";
    case "late_usage":
      return "Corrected: the real usage came later";
    case "adjustment":
      return parseUsd(amountUsd) > 0n ? "Credit" : "Taken back";
  }
}
