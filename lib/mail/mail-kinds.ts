import type { SpillReason } from "@/lib/gateway/ports";

/** The secret of a mailed link, sealed to the link's row. It is wiped when the mail is sent or given up. */
export type SealedLink = { linkId: string; keyId: string; sealed?: string };

export type SecurityEvent =
  | "password_changed"
  | "password_reset"
  | "totp_on"
  | "totp_off"
  | "recovery_codes_renewed"
  | "recovery_code_used"
  | "email_change_asked"
  | "email_changed";

/** What each mail is about. Names and reasons only: no prompt, no code, and no secret but that of a sealed link. */
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
  /** Whoever signs up chooses username and address: to an address that is not proved to be theirs goes no word of their own. */
  verify_email: { link: SealedLink; hours: number };
  /** To the owner of an address with which somebody signed up, or to which somebody wanted to change theirs. */
  address_taken: Record<string, never>;
  reset_password: { link: SealedLink; hours: number };
  /** Somebody asked for a reset of an account that does not exist. */
  no_such_account: Record<string, never>;
  /** As `verify_email`. */
  change_email: { link: SealedLink; hours: number };
  /** To the user: something about their sign-in was changed. */
  security_changed: { event: SecurityEvent; left: number | null };
  sign_up_waits: { username: string; email: string };
  sign_up_approved: { username: string };
  sign_up_refused: { username: string };
  /** To the address that the user had: the last mail. */
  account_deleted: Record<string, never>;
  /** The balance fell below a threshold that the user set. */
  balance_low: { thresholdUsd: string; balanceUsd: string };
};

export type MailKind = keyof MailPayloads;

export type MailToQueue = { [K in MailKind]: { kind: K; payload: MailPayloads[K] } }[MailKind];
