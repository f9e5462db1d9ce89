import type { apiKeys } from "@/db/schema/keys";
import type { KeyLimits } from "@/lib/keys/key-limits";

/** Of a key's row and those of its lane set. */
export function limitsOf(key: typeof apiKeys.$inferSelect, lanes: readonly { laneId: string }[]): KeyLimits {
  return {
    models: key.models,
    defaultModel: key.defaultModel,
    expiresAt: key.expiresAt,
    ipAllow: key.ipAllow,
    concurrencyMax: key.concurrencyMax,
    requestsPerMinuteMax: key.requestsPerMinuteMax,
    outputTokensMax: key.outputTokensMax,
    budgetDay: key.budgetDay,
    budgetWeek: key.budgetWeek,
    budgetMonth: key.budgetMonth,
    laneIds: lanes.length === 0 ? null : lanes.map((row) => row.laneId),
    spillBusy: key.spillBusy,
    spillLostToWallet: key.spillLostToWallet,
    spillCannotToWallet: key.spillCannotToWallet,
    parametersStrict: key.parametersStrict,
    accountRead: key.accountRead,
  };
}
