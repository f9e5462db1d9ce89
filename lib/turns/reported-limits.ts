/**
 * What OpenAI says about the usage windows of a ChatGPT account, as read from `account/rateLimits/read` and from
 * `account/rateLimits/updated` (sparse: what is missing is unknown and not zero). Evidence, not truth.
 */
export type ReportedLimits = {
  /** False: OpenAI refuses ordinary work now. Null: not said. */
  allowed: boolean | null;
  planType: string | null;
  /** OpenAI's id of the account; only `rateLimits/read` tells it. */
  openaiAccountId: string | null;
  windows: readonly ReportedWindow[];
  credits: { state: "yes" | "no" | "unlimited"; balance: string | null } | null;
};

export type ReportedWindow = {
  /** `codex` is the account's own; another one belongs to one model or feature. */
  limitId: string;
  limitName: string | null;
  /** Its length: the slot in which it arrives says nothing. */
  windowMinutes: number;
  /** 0 to 100. */
  usedPercent: number;
  resetsAt: Date | null;
};
