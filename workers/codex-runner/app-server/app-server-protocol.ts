/**
 * The part of `codex app-server`'s protocol that we speak: JSON-RPC without the `jsonrpc` field, one object per WebSocket message.
 * Only the members that we read or write are typed; the binary sends more.
 */
export type AppServerRequests = {
  initialize: {
    params: {
      clientInfo: { name: string; title: string; version: string };
      capabilities: { experimentalApi: boolean; requestAttestation: boolean; optOutNotificationMethods: readonly string[] };
    };
    result: { userAgent: string; codexHome: string };
  };
  "thread/start": { params: ThreadStart; result: { thread: { id: string } } };
  "thread/inject_items": { params: { threadId: string; items: readonly unknown[] }; result: unknown };
  "thread/unsubscribe": { params: { threadId: string }; result: unknown };
  "turn/start": { params: TurnStart; result: { turn: { id: string } } };
  "turn/interrupt": { params: { threadId: string; turnId: string }; result: unknown };
  "account/read": { params: { refreshToken: boolean }; result: AccountRead };
  "account/login/start": {
    params: { type: "chatgptDeviceCode" };
    result: { type: string; loginId: string; verificationUrl: string; userCode: string };
  };
  "account/login/cancel": { params: { loginId: string }; result: { status: string } };
  "account/logout": { params: undefined; result: unknown };
  "account/rateLimits/read": { params: undefined; result: RateLimitsRead };
};

export type ThreadStart = {
  model: string;
  cwd?: string;
  ephemeral: true;
  approvalPolicy: "never";
  sandbox: "read-only";
  baseInstructions: string;
  developerInstructions: null;
  experimentalRawEvents: true;
  dynamicTools: readonly DynamicTool[];
  config: Readonly<Record<string, unknown>>;
};

export type DynamicTool = { type: "function"; name: string; description: string; inputSchema: unknown };

export type TurnStart = {
  threadId: string;
  input: readonly [];
  summary?: "auto" | "concise" | "detailed" | "none";
  outputSchema?: unknown;
};

export type AccountRead = {
  account: { type: string; email?: string | null; planType?: string; workspaceName?: string | null } | null;
  userId: string | null;
  workspaceRouting: { chatgptAccountId?: string | null } | null;
};

export type RateLimitSnapshot = {
  limitId: string | null;
  limitName: string | null;
  primary: RateLimitWindow | null;
  secondary: RateLimitWindow | null;
  credits: { hasCredits: boolean; unlimited: boolean; balance: string | null } | null;
  planType: string | null;
};

export type RateLimitWindow = { usedPercent: number; windowDurationMins: number | null; resetsAt: number | null };

export type RateLimitsRead = {
  ordinaryUsageAllowed: boolean | null;
  rateLimits: RateLimitSnapshot | null;
  rateLimitsByLimitId: Readonly<Record<string, RateLimitSnapshot>> | null;
  accountId: string | null;
};

export type TurnError = {
  message: string;
  /** A name, or an object of one name with the HTTP status. */
  codexErrorInfo: string | Readonly<Record<string, { httpStatusCode?: number | null } | null>> | null;
  additionalDetails: string | null;
};

export type TokenUsage = {
  inputTokens: number;
  cachedInputTokens: number;
  cacheWriteInputTokens: number;
  outputTokens: number;
  reasoningOutputTokens: number;
};

/** An item of the Responses API, as the backend sent it. */
export type RawItem = { type: string } & Readonly<Record<string, unknown>>;

type InThread = { threadId: string; turnId: string };

export type Notification =
  | { method: "error"; params: InThread & { error: TurnError; willRetry: boolean } }
  | { method: "turn/started"; params: { threadId: string; turn: { id: string } } }
  | { method: "turn/completed"; params: { threadId: string; turn: { id: string; status: string; error: TurnError | null } } }
  | { method: "item/started"; params: InThread & { item: { type: string; id: string; phase?: string | null } } }
  | { method: "item/agentMessage/delta"; params: InThread & { itemId: string; delta: string } }
  | { method: "item/reasoning/summaryTextDelta"; params: InThread & { itemId: string; summaryIndex: number; delta: string } }
  | { method: "rawResponseItem/completed"; params: InThread & { item: RawItem } }
  | { method: "rawResponse/completed"; params: InThread & { responseId: string; usage: TokenUsage | null } }
  | { method: "account/rateLimits/updated"; params: { rateLimits: RateLimitSnapshot } }
  | { method: "account/login/completed"; params: { loginId: string | null; success: boolean; error: string | null } }
  | { method: "account/updated"; params: { authMode: string | null; planType: string | null } };

/** Notifications that nobody here reads, by exact name: app-server does not even send them. */
export const UNREAD_NOTIFICATIONS: readonly string[] = [
  "app/list/updated",
  "item/reasoning/summaryPartAdded",
  "item/reasoning/textDelta",
  "mcpServer/startupStatus/updated",
  "remoteControl/status/changed",
  "skills/changed",
  "thread/status/changed",
  "thread/tokenUsage/updated",
  "turn/diff/updated",
  "turn/plan/updated",
];
