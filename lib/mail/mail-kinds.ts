import type { SpillReason } from "@/lib/gateway/ports";

/** What each mail is about. Names and reasons only: no prompt, no secret, no code. */
export type MailPayloads = {
  /** To the user, and to the address of the ChatGPT account when that is another one. */
  account_connected: { accountId: string; laneId: string; label: string; address: string; planType: string | null };
  /** To the address of a ChatGPT account that is connected, when another user signs in to it for a lane of their own. */
  account_wanted: { address: string };
  sign_in_refused: { laneId: string; label: string; message: string };
  signed_out_by_openai: { laneId: string; label: string; address: string | null; message: string };
  container_failed: { laneId: string; label: string; message: string };
  /** The first request of a UTC day that a paid lane took over from the Codex lanes above it. */
  lane_spill: { laneId: string; label: string; laneKind: "api_key" | "wallet"; reason: SpillReason; requestsMax: number };
};

export type MailKind = keyof MailPayloads;

export type MailToQueue = { [K in MailKind]: { kind: K; payload: MailPayloads[K] } }[MailKind];
