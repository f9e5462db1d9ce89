import type { BadgeTone } from "@/components/ui/badge";
import { isEmpty } from "@/components/lanes/wallet-empty";
import type { LaneView } from "@/lib/lanes/read";

/** The state of a lane for people: one or two words, and where they are not enough a sentence that says what to do. */
export type LaneWords = { word: string; tone: BadgeTone; sentence: string | null; until: string | null };

type Surroundings = {
  wallet: { availableUsd: string };
  /** The operator's switch over all Codex lanes. */
  codexOn: boolean;
};

type Told = Pick<LaneView, "kind" | "state" | "stateReason" | "stateUntil" | "account">;

export function laneWords(lane: Told, { wallet, codexOn }: Surroundings): LaneWords {
  if (lane.kind === "codex" && !codexOn && lane.state !== "paused") {
    return say("switched off", "neutral", "The operator has switched all Codex lanes off. The sign-in is kept.");
  }
  switch (lane.state) {
    case "ready":
      return readyWords(lane, wallet);
    case "signing_in":
      return say("signing in", "warn", "Enter the code on OpenAI's page to finish.");
    case "signed_out":
      return signedOutWords(lane);
    case "exhausted":
      return say("used up", "warn", exhaustedSentence(lane), lane.stateUntil);
    case "cooling":
      return say("cooling down", "warn", coolingSentence(lane), lane.stateUntil);
    case "paused":
      return say("paused", "neutral", lane.stateReason ?? "Requests pass it over until it is resumed.");
  }
}

function readyWords({ kind, account }: Told, wallet: Surroundings["wallet"]): LaneWords {
  if (kind === "wallet" && isEmpty(wallet)) return say("empty", "warn", null);
  if (account?.state === "lost") {
    return say("unavailable", "bad", messageOf(account.stateReason) ?? "OpenAI or its container does not let it answer.");
  }
  return say("ready", "good", null);
}

/** How an account came to be signed out is the part of its reason before the colon. */
function signedOutWords({ account, stateReason }: Told): LaneWords {
  const reason = account?.stateReason ?? stateReason;
  switch (codeOf(reason)) {
    case "by_openai":
      return say("signed out", "bad", "OpenAI ended the sign-in. Sign in again to use this lane.");
    case "by_owner":
      return say("signed out", "neutral", "You signed out. Sign in again to use this lane.");
    case "identity_mismatch":
    case "identity_taken":
      return say("signed out", "bad", messageOf(reason));
    default:
      return account?.state === "new"
        ? say("not signed in yet", "neutral", "Sign in with your ChatGPT account to use this lane.")
        : say("signed out", "neutral", `${asSentence(stateReason)}Sign in again to use this lane.`);
  }
}

function exhaustedSentence({ kind, stateUntil }: Told): string {
  if (kind !== "codex") return "Its upstream says that its quota is used up.";
  return stateUntil ? "A usage window is full. Requests go to the next lane until it resets." : "A usage window is full.";
}

function coolingSentence({ stateReason }: Told): string | null {
  if (codeOf(stateReason) === "container_failed") return `Its container does not come up: ${messageOf(stateReason) ?? "no reason given"}`;
  return stateReason ? `Passed over for a moment: ${stateReason}` : "Passed over for a moment.";
}

/** `sign-in expired` becomes `Sign-in expired. `; no reason says nothing. */
function asSentence(reason: string | null): string {
  return reason ? `${reason.charAt(0).toUpperCase()}${reason.slice(1)}. ` : "";
}

function codeOf(reason: string | null | undefined): string | null {
  return /^([a-z_]+)(?::|$)/.exec(reason ?? "")?.[1] ?? null;
}

function messageOf(reason: string | null | undefined): string | null {
  return reason?.replace(/^[a-z_]+: */, "") || null;
}

function say(word: string, tone: BadgeTone, sentence: string | null, until: string | null = null): LaneWords {
  return { word, tone, sentence, until };
}
