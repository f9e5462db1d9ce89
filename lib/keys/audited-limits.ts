import type { AuditFields } from "@/lib/audit/record-audit";
import type { KeyLimits } from "@/lib/keys/key-limits";
import { toUsdString, type MicroUsd } from "@/lib/money/micro-usd";

export function auditedLimits(limits: KeyLimits): AuditFields {
  const usd = (amount: MicroUsd | null) => (amount === null ? null : toUsdString(amount));
  return {
    models: limits.models,
    defaultModel: limits.defaultModel,
    expiresAt: limits.expiresAt?.toISOString() ?? null,
    ipAllow: limits.ipAllow,
    concurrencyMax: limits.concurrencyMax,
    requestsPerMinuteMax: limits.requestsPerMinuteMax,
    outputTokensMax: limits.outputTokensMax,
    budgetDayUsd: usd(limits.budgetDay),
    budgetWeekUsd: usd(limits.budgetWeek),
    budgetMonthUsd: usd(limits.budgetMonth),
    laneIds: limits.laneIds,
    spillBusy: limits.spillBusy,
    spillLostToWallet: limits.spillLostToWallet,
    spillCannotToWallet: limits.spillCannotToWallet,
    parametersStrict: limits.parametersStrict,
    accountRead: limits.accountRead,
  };
}
