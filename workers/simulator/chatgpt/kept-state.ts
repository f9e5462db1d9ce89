import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import type { SignIn } from "@/workers/simulator/chatgpt/sign-ins";
import type { SimulatedAccount } from "@/workers/simulator/chatgpt/simulated-accounts";

/** Accounts and sign-ins, kept beside the certificates: an account that was connected before a restart is connected after it. */
export type KeptState = { accounts: SimulatedAccount[]; signIns: SignIn[] };

const STATE_FILE = "accounts.json";
const windows = z.array(z.object({ minutes: z.number(), usedPercent: z.number(), resetsAt: z.coerce.date(), stepPercent: z.number() }));
const state = z.object({
  accounts: z.array(
    z.object({
      accountId: z.string(),
      userId: z.string(),
      email: z.string(),
      plan: z.string(),
      codexIncluded: z.boolean(),
      windows,
      modelLimits: z.array(z.object({ limitId: z.string(), limitName: z.string(), models: z.array(z.string()), windows })),
      credits: z.object({ unlimited: z.boolean(), balance: z.number() }).nullable(),
    }),
  ),
  signIns: z.array(
    z.object({
      id: z.string(),
      accountId: z.string(),
      secret: z.string(),
      generation: z.number(),
      accessGenerationMin: z.number(),
      revoked: z.boolean(),
      refuseRefresh: z.enum(["refresh_token_expired", "refresh_token_reused", "refresh_token_invalidated"]).nullable(),
    }),
  ),
});

export function readKeptState(folder: string): KeptState | null {
  const file = path.join(folder, STATE_FILE);
  return existsSync(file) ? state.parse(JSON.parse(readFileSync(file, "utf8"))) : null;
}

/** Writes when something has changed since the last time. */
export function stateKeeper(folder: string): (state: KeptState) => void {
  const file = path.join(folder, STATE_FILE);
  let last = "";
  return (now) => {
    const text = JSON.stringify(now);
    if (text === last) return;
    writeFileSync(`${file}.draft`, text, { mode: 0o600 });
    renameSync(`${file}.draft`, file);
    last = text;
  };
}
