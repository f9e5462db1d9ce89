import { z } from "zod";
import { count, day, flag, id, instant, LANE_KIND_WORDS, nextCursor, text, tokensSchema, usd } from "@/lib/api-spec/shared-schemas";
import type { PublicCodexConfig } from "@/lib/codex/public-config";
import type { SignInView } from "@/lib/codex/read-sign-in";
import type { LastUse } from "@/lib/keys/read-last-use";
import type { LaneView } from "@/lib/lanes/read";
import type { LiveView } from "@/lib/requests/read-live";
import type { UsageSeries } from "@/lib/requests/read-usage-series";
import type { UsageView } from "@/lib/requests/read-usage";
import { USAGE_BUCKETS, USAGE_DAYS_MAX, USAGE_MEASURES, USAGE_RANGES } from "@/lib/requests/usage-query";
import { USAGE_DIMENSIONS } from "@/lib/requests/usage-sums";
import type { LedgerPage } from "@/lib/wallet/read-ledger";
import type { WalletView } from "@/lib/wallet/read";

const balance = {
  availableUsd: usd("What can be spent."),
  heldUsd: usd("What running requests reserve."),
};

export const meSchema = z
  .object({
    user: z.object({
      id: id("usr", "The owner of the key, or who is signed in."),
      username: text("For signing in."),
      role: z.enum(["customer", "admin"]).meta({ description: "Admins run the installation." }),
    }),
    wallet: (z.object(balance) satisfies z.ZodType<WalletView>).nullable().meta({ description: "Null: the key may not read the account." }),
  })
  .meta({ id: "Me" });

const ledgerLineSchema = z
  .object({
    id: id("tr", "The transfer."),
    kind: z.enum(["hold", "settle", "void", "expire", "late_usage", "adjustment"]).meta({
      description: "hold and its ends settle, void, expire; late_usage: usage that became known later; adjustment: by the operator.",
    }),
    at: instant("When."),
    amountUsd: usd("What it changed in all."),
    availableUsd: usd("What it changed of the available money."),
    heldUsd: usd("What it changed of the held money."),
    balanceUsd: usd("Available and held together, right after it."),
    requestId: z.string().nullable().meta({ description: "The request that it is for." }),
    isLogged: flag("The request is still on the log."),
    model: z.string().nullable().meta({ description: "The request's model." }),
    note: z.string().nullable().meta({ description: "Of an adjustment: why, as the operator wrote it." }),
  })
  .meta({ id: "LedgerLine" });

export const walletSchema = z
  .object({ ...balance, lines: z.array(ledgerLineSchema).meta({ description: "Newest first." }), nextCursor })
  .meta({ id: "Wallet" }) satisfies z.ZodType<WalletView & LedgerPage>;

export const holdsQuery = {
  holds: z.enum(["true", "false"]).default("false").meta({ description: "true: also what only moved between available and held." }),
};

export const liveSchema = z
  .object({
    running: z
      .array(
        z.object({
          id: id("req", "The request."),
          keyName: text("The key that it came with."),
          startedAt: instant("When it was let in."),
          model: z.string().nullable().meta({ description: "As it was asked for. Null: the call is passed on with its body unread." }),
          lane: z
            .object({ id: id("lane", "The lane."), kind: text(LANE_KIND_WORDS), label: text("Its name.") })
            .nullable()
            .meta({ description: "Where it is, at most a few seconds ago. Null: the lane has been removed since." }),
          heldUsd: usd("What it reserves.").nullable().meta({ description: "What it reserves. Null: its lane costs nothing here." }),
          progress: z
            .object({
              stage: z.enum(["accepted", "content"]).meta({ description: "content: it has begun to answer." }),
              outputTokens: count("So far, about."),
            })
            .nullable()
            .meta({ description: "A few seconds old. Null: nothing is known yet." }),
        }),
      )
      .max(20)
      .meta({ description: "Oldest first." }),
    runningCount: count("All of them, also those that are not listed."),
    ...balance,
    pace: z.object({ hours: count("Of the last hours, so many."), spentUsd: usd("What began in them has cost.") }),
    lastsMs: z
      .number()
      .nullable()
      .meta({ description: "Milliseconds until nothing is left at that pace. Null: nothing was spent, or nothing is left." }),
    burn: z
      .object({
        minutes: count("Of the last minutes, so many."),
        spentUsd: usd("What ended in them has cost."),
        lastsMs: z.number().nullable().meta({ description: "As above, if it went on like that." }),
      })
      .meta({ description: "The live burn rate." }),
  })
  .meta({ id: "Live" }) satisfies z.ZodType<LiveView>;

const sums = { requests: count("Requests."), spentUsd: usd("Charged to the wallet."), tokens: tokensSchema };

const otherSums = (what: string) =>
  z
    .object({ count: count("How many."), ...sums })
    .nullable()
    .meta({ description: `The ${what} that the list has no room for, together: it names a thousand. Null: it has all.` });

const usageDaysSchema = z
  .object({
    timeZone: text("In which the days were counted."),
    from: day("The first."),
    to: day("The last."),
    total: z.object(sums),
    byDay: z.array(z.object({ day: day("Which one."), ...sums })).meta({ description: "Every day, in order." }),
    byModel: z
      .array(z.object({ model: z.string().nullable().meta({ description: "Null: none was named." }), ...sums }))
      .meta({ description: "Most expensive first." }),
    otherModels: otherSums("models"),
    byKey: z
      .array(z.object({ key: z.object({ id: text("The key."), name: text("Its name.") }), ...sums }))
      .meta({ description: "Most expensive first." }),
    otherKeys: otherSums("keys"),
  })
  .meta({ id: "UsageDays" }) satisfies z.ZodType<UsageView>;

const figures = {
  requests: count("Requests."),
  failed: count("Of these, failed or refused."),
  spentUsd: usd("Charged to the wallet."),
  tokens: tokensSchema,
  onPlans: z
    .object({
      requests: count("Requests that ChatGPT accounts answered."),
      unpriced: count("Of these, those whose model the wallet does not sell."),
      worthUsd: usd("What the wallet would have charged for them."),
    })
    .meta({ description: "What your plans carried." }),
};

const usageSeriesSchema = z
  .object({
    timeZone: text("In which the buckets were cut."),
    from: instant("Where the first bucket begins."),
    to: instant("Where the last one ends."),
    bucket: z.enum(USAGE_BUCKETS).meta({ description: "How long each is." }),
    groupBy: z.enum(USAGE_DIMENSIONS).meta({ description: "What the groups are." }),
    total: z.object(figures),
    groups: z
      .array(
        z.object({
          id: z.string().nullable().meta({ description: "For the filter of the request log. Null: requests that named none." }),
          name: text("For people."),
          isGone: flag("Of a lane or a key that is gone by now."),
          lastUsedAt: instant("Of projects: when the newest request of it began.").nullable(),
          ...figures,
        }),
      )
      .max(100)
      .meta({ description: "The largest first." }),
    groupsCount: count("How many groups there are in all."),
    others: z.object(figures).nullable().meta({ description: "The groups that are not listed, together. Null: all are." }),
    buckets: z
      .array(
        z.object({
          from: instant("Its beginning."),
          to: instant("Its end, not included."),
          parts: z.array(
            z.object({ ...figures, group: z.int().nullable().meta({ description: "A place in groups. Null: all others together." }) }),
          ),
        }),
      )
      .meta({ description: "In order, also those without requests." }),
  })
  .meta({ id: "UsageSeries" }) satisfies z.ZodType<UsageSeries>;

export const usageSchema = z
  .union([usageDaysSchema, usageSeriesSchema])
  .meta({ description: "A series where range, bucket or groupBy is given; else sums by day, model and key." });

export const usageQuery = {
  tz: z.string().default("UTC").meta({ description: "An IANA time zone.", example: "Europe/Berlin" }),
  from: day(`The first. At most ${USAGE_DAYS_MAX} days; without from and to the last thirty, or what range says.`).optional(),
  to: day("The last, counted as well.").optional(),
  range: z.enum(USAGE_RANGES).optional().meta({ description: "Up to now; from and to take its place." }),
  bucket: z.enum(USAGE_BUCKETS).optional().meta({ description: "Without it what fits the range." }),
  groupBy: z.enum(USAGE_DIMENSIONS).optional().meta({ description: "What to tell apart." }),
  measure: z.enum(USAGE_MEASURES).optional().meta({ description: "What the largest group is the largest by." }),
};

const windowSchema = z
  .object({
    limitId: text("codex is the account's own; another one belongs to one model or feature."),
    limitName: z.string().nullable().meta({ description: "As OpenAI calls it." }),
    windowMinutes: count("How long the window is."),
    usedPercent: z.number().min(0).max(100).meta({ description: "How full it is." }),
    resetsAt: instant("When it is empty again.").nullable(),
    observedAt: instant("When OpenAI last said so."),
  })
  .meta({ id: "UsageWindow", description: "The last that OpenAI said about one window." });

const accountSchema = z
  .object({
    id: id("acct", "The ChatGPT account."),
    state: z.enum(["new", "signing_in", "signed_in", "signed_out", "lost", "removing", "removed"]).meta({ description: "Of its sign-in." }),
    stateReason: z.string().nullable().meta({ description: "Why." }),
    email: z.string().nullable().meta({ description: "Null for API keys: a key that leaks should not tell whose account it is." }),
    planType: z.string().nullable().meta({ description: "As OpenAI names the plan." }),
    turnsMax: count("Turns that may run at one time."),
    line: z
      .object({ running: count("Turns that run."), waiting: count("Turns that wait.") })
      .nullable()
      .meta({ description: "A few seconds old. Null: nobody drives the account." }),
    signedInAt: instant("Since when.").nullable(),
    signedOutAt: instant("Since when.").nullable(),
    containerState: z.enum(["none", "starting", "running", "stopped", "failed"]).meta({ description: "Of its container." }),
    containerReason: z.string().nullable().meta({ description: "Why it failed." }),
    windows: z.array(windowSchema),
  })
  .meta({ id: "ChatgptAccount" });

const laneSchema = z
  .object({
    id: id("lane", "The lane."),
    kind: z.enum(["codex", "api_key", "wallet"]).meta({ description: LANE_KIND_WORDS }),
    position: count("1 is tried first."),
    label: text("Its name."),
    state: z
      .enum(["ready", "signing_in", "signed_out", "exhausted", "cooling", "paused"])
      .meta({ description: "exhausted and cooling end at stateUntil." }),
    stateReason: z.string().nullable().meta({ description: "Why." }),
    stateUntil: instant("Until when.").nullable(),
    baseUrl: z.string().nullable().meta({ description: "Of your own key: where it is sent." }),
    keyLastFour: z.string().nullable().meta({ description: "Of your own key: how it ends." }),
    closedModels: z
      .array(z.object({ model: text("The model."), until: text("When it opens again.") }))
      .meta({ description: "Models whose own limit is used up." }),
    spillToday: z
      .object({ requests: count("How many."), firstReason: text("Why the first."), firstAt: instant("When the first.") })
      .nullable()
      .meta({ description: "What it took over from Codex lanes in this UTC day." }),
    account: accountSchema.nullable().meta({ description: "Codex lanes only." }),
  })
  .meta({ id: "Lane" }) satisfies z.ZodType<LaneView>;

export const lanesSchema = z
  .object({
    rows: z.array(laneSchema).meta({ description: "In your order." }),
    codexOn: flag("The operator's switch over all Codex lanes."),
  })
  .meta({ id: "Lanes" });

export const signInSchema = z
  .object({
    signIn: z
      .object({
        id: id("sin", "The sign-in."),
        state: z
          .enum(["starting", "waiting", "succeeded", "cancelled", "expired", "refused", "failed"])
          .meta({ description: "waiting: for the code to be entered." }),
        code: z
          .object({ userCode: text("What to enter."), verificationUrl: text("Where.") })
          .nullable()
          .meta({ description: "Only for its owner in a browser, never for an API key." }),
        expiresAt: instant("Until when the code is good.").nullable(),
        message: z.string().nullable().meta({ description: "What went wrong." }),
        createdAt: instant("When it began."),
        endedAt: instant("When it ended.").nullable(),
      })
      .nullable()
      .meta({ description: "Null before the first one." }) satisfies z.ZodType<SignInView | null>,
  })
  .meta({ id: "SignIn" });

export const publicCodexSchema = z
  .object({
    providerId: text("For model_provider in config.toml."),
    name: text("The provider's name."),
    baseUrl: text("The API's address."),
    wireApi: z.literal("responses").meta({ description: "The wire that Codex speaks." }),
    envKey: text("The environment variable in which Codex looks for the API key."),
    configToml: text("A whole config.toml."),
    testedWith: text("The version of the Codex CLI with which this was tested."),
    setupScripts: z.object({ sh: text("For Linux and macOS."), powershell: text("For Windows.") }),
    keysPage: text("Where keys are made."),
  })
  .meta({ id: "PublicCodexConfig" }) satisfies z.ZodType<PublicCodexConfig>;

export const shortKeySchema = z
  .object({
    key: z.string().meta({ description: "An API key that stands for the one that the helper belongs to.", example: "sk-sy-short.…" }),
    expiresAt: instant("Ten minutes from now at the latest."),
  })
  .meta({ id: "ShortKey" });

const usedRequest = z.object({
  id: id("req", "The request."),
  startedAt: instant("When it came in."),
  model: z.string().nullable().meta({ description: "Its model." }),
  laneKind: z.string().nullable().meta({ description: LANE_KIND_WORDS }),
  laneLabel: z.string().nullable().meta({ description: "The lane's name." }),
  outcome: text("How it ended."),
  status: count("The HTTP status that the client got."),
  errorText: z.string().nullable().meta({ description: "As the client saw it." }),
  costUsd: usd("Charged to the wallet."),
});

export const lastUseSchema = z
  .object({
    lastUsedAt: instant("When a request was last let in; it may still be running.").nullable(),
    request: usedRequest.nullable().meta({ description: "The newest one that is on the log." }),
    firstCompleted: usedRequest.nullable().meta({ description: "The oldest one that was answered whole." }),
  })
  .meta({ id: "LastUse" }) satisfies z.ZodType<LastUse>;
