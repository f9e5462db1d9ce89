/**
 * What the calculator assumes about OpenAI's plans. OpenAI publishes prices and ranges of messages, and no amount of money that a
 * plan is worth: `coversUsd` is an estimate, and every figure can be changed on the page.
 */
export type PlanTier = {
  id: string;
  name: string;
  /** Per month, in US dollars. */
  priceUsd: string;
  /** Usage per month, at the API's token prices, that the plan is assumed to answer before its windows are full. */
  coversUsd: string;
};

export type Source = { what: string; note: string; url: string; dated: string };

/** The day on which the sources were read. */
export const TIERS_READ_ON = "2026-11-21";

export const PLAN_TIERS = [
  { id: "plus", name: "ChatGPT Plus", priceUsd: "20", coversUsd: "260" },
  { id: "pro5", name: "ChatGPT Pro 5x", priceUsd: "100", coversUsd: "1300" },
  { id: "pro20", name: "ChatGPT Pro 20x", priceUsd: "200", coversUsd: "5200" },
] as const satisfies readonly PlanTier[];

export const PLAN_SOURCES: readonly Source[] = [
  {
    what: "Prices of the plans",
    note: "$20 for Plus and $100 and $200 for the two sizes of Pro, in a table of third parties. Taxes and regional prices differ; the price that counts is the one on OpenAI's own page.",
    url: "https://proxyllm.ai/blog/codex-limits-plus-vs-pro/",
    dated: "undated, read 2026-11-21",
  },
  {
    what: "What Plus answers in a month",
    note: "About 39 million tokens, worth 13 times its price at the API: 13 × $20 = $260. The lower of two published estimates; the other one says $700.",
    url: "https://theverdict.ai/providers/codex",
    dated: "snapshot of 2026-06-19",
  },
  {
    what: "What Pro answers in a month",
    note: "5 and 20 times Plus, the multiples that OpenAI gives for its rate limits.",
    url: "https://developers.openai.com/codex/pricing",
    dated: "undated, read 2026-11-21",
  },
  {
    what: "A change since then",
    note: "A usage monitor reports that OpenAI doubled the limits of Pro on 29 October 2026. The figures above do not count on it.",
    url: "https://github.com/Arzaroth/TokenGauge/releases/tag/v0.55.0",
    dated: "2026-11-03",
  },
];
