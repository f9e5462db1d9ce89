/** What each kind of lane is called, for people. */
export const LANE_KIND_NAMES: Readonly<Record<string, string>> = { codex: "ChatGPT account", api_key: "Own key", wallet: "Wallet" };
