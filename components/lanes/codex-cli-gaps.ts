import type { KeyView } from "@/lib/keys/read";
import type { LaneView } from "@/lib/lanes/read";

export type GapKey = Pick<KeyView, "id" | "name" | "status" | "laneIds" | "spillCannotToWallet">;
export type GapLane = Pick<LaneView, "id" | "kind" | "state">;

/** `walletCould`: the wallet would answer if the key let it. */
type Gap = { walletCould: boolean };

/** The keys with which requests of the Codex CLI itself are refused. */
export function codexCliGaps(keys: readonly GapKey[], lanes: readonly GapLane[]): (Gap & { key: Pick<GapKey, "id" | "name"> })[] {
  return keys.flatMap((key) => {
    const gap = key.status === "active" ? gapOf(key, lanes) : null;
    return gap ? [{ key: { id: key.id, name: key.name }, ...gap }] : [];
  });
}

/** The same of a key that is yet to be made, as long as nobody has said that the wallet answers. `laneIds` null: every lane. */
export function codexCliGapOfNew(laneIds: readonly string[] | null, lanes: readonly GapLane[]): Gap | null {
  return gapOf({ laneIds, spillCannotToWallet: false }, lanes);
}

/** Null: a lane that may take the requests of the Codex CLI stands beside the Codex lanes, or there are none. */
function gapOf(key: { laneIds: readonly string[] | null; spillCannotToWallet: boolean }, lanes: readonly GapLane[]): Gap | null {
  const open = lanes.filter(({ id, state }) => state !== "paused" && (key.laneIds?.includes(id) ?? true));
  const codex = open.findIndex(({ kind }) => kind === "codex");
  if (codex < 0 || open.some(({ kind }) => kind === "api_key")) return null;
  const wallet = open.findIndex(({ kind }) => kind === "wallet");
  const walletAnswers = wallet >= 0 && (wallet < codex || key.spillCannotToWallet);
  return walletAnswers ? null : { walletCould: wallet >= 0 };
}
