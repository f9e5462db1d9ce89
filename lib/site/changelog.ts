/** What changed for customers, newest first. Written when it is delivered. */
export type ChangelogEntry = { id: string; /** Like 2026-11-21. */ date: string; title: string; changes: readonly string[] };

export const CHANGELOG: readonly ChangelogEntry[] = [
  {
    id: "customers",
    date: "2026-11-21",
    title: "A public site, sign-up and a dashboard for daily work",
    changes: [
      "Accounts by sign-up, with a verified e-mail address, a second factor and recovery codes.",
      "Usage by model, key and lane; a request log with filters and export; a wallet page with its ledger.",
      "Setup commands per system, and documentation with an API reference.",
      "This site: pricing from the price book, a calculator, and a status page fed by probes.",
    ],
  },
  {
    id: "codex-lanes",
    date: "2026-11-21",
    title: "Codex lanes",
    changes: [
      "A ChatGPT account as a lane: the official Codex CLI, signed in by device code, in a container of that account alone.",
      "Windows with their reset times, and fallback to the next lane while one is full.",
      "What may open a paid lane below is a choice for each key; every such step is logged, and mailed the first time each day.",
      "A page of evidence for each lane: the isolation that was found, digests, and the addresses it can reach.",
    ],
  },
  {
    id: "gateway",
    date: "2026-11-20",
    title: "Gateway, wallet and request log",
    changes: [
      "One address for /v1/models, /v1/responses and /v1/chat/completions, and for every other path on an own key.",
      "A prepaid wallet: the most that a request can cost is held first, and the exact cost is settled before the answer ends.",
      "API keys with models, budgets, addresses and limits, and a log of every request with its lane, tokens and cost.",
      "A request that is sent again because its connection broke is charged once.",
    ],
  },
];
