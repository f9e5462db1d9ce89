import { z } from "zod";
import type { TokensView } from "@/lib/requests/read";

export const LANE_KIND_WORDS = "codex: a ChatGPT account; api_key: your own OpenAI key; wallet: the prepaid wallet.";

export const usd = (description: string) =>
  z
    .string()
    .regex(/^-?\d+\.\d{6,12}$/)
    .meta({ description: `${description} In US dollars, as a decimal string.`, example: "0.001234" });

export const instant = (description: string) =>
  z
    .string()
    .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    .meta({ description: `${description} ISO 8601, UTC.`, example: "2026-11-20T14:00:00.000Z" });

/** As a parameter: any form of ISO 8601 that names its offset. */
export const instantQuery = (description: string) =>
  z.string().optional().meta({ description, format: "date-time", example: "2026-11-20T14:00:00Z" });

export const day = (description: string) =>
  z
    .string()
    .regex(/^\d{4}-\d\d-\d\d$/)
    .meta({ description: `${description} A day of the time zone.`, example: "2026-11-20" });

export const id = (prefix: string, description: string) =>
  z.string().meta({ description, example: `${prefix}_0193c1f2a4b57c3d8e9f0a1b2c3d4e5f` });

export const text = (description: string) => z.string().meta({ description });
export const count = (description: string) => z.int().min(0).max(Number.MAX_SAFE_INTEGER).meta({ description });
export const flag = (description: string) => z.boolean().meta({ description });

export const tokensSchema = z
  .object({
    freshInput: count("Input tokens that no cache held."),
    cachedInput: count("Input tokens from the provider's cache."),
    cacheWrite: count("Input tokens that were written to the cache."),
    output: count("Output tokens, reasoning among them."),
    reasoning: count("Of the output tokens, those of reasoning."),
  })
  .meta({ id: "Tokens", description: "Counts of model tokens." }) satisfies z.ZodType<TokensView>;

export const cursorQuery = {
  limit: z.int().min(1).max(500).default(50).meta({ description: "Rows of one page." }),
  before: z.string().optional().meta({ description: "The nextCursor of the page before." }),
};
export const nextCursor = z
  .string()
  .nullable()
  .meta({ description: "Give it as before to get the next page. Null: this is the last one." });

export const errorSchema = z
  .object({
    error: z.object({
      message: text("What happened, and what to do. For people."),
      type: text("The kind of error, as OpenAI names it."),
      param: z.string().nullable().meta({ description: "The field at fault, as a path such as tools[0].type." }),
      code: z.string().nullable().meta({ description: "The error, for programs. See the table of errors." }),
      resets_at: z.int().optional().meta({ description: "On usage_limit_reached: when the earliest window opens again, in Unix seconds." }),
    }),
  })
  .meta({ id: "Error", description: "OpenAI's error envelope." });
