import type { KeyView } from "@/lib/keys/read";
import type { LaneView } from "@/lib/lanes/read";

type Key = Pick<KeyView, "id" | "name" | "status" | "laneIds" | "spillCannotToWallet">;
type Lane = Pick<LaneView, "id" | "kind" | "state">;

/** `walletCould`: the wallet would answer if the key let it. */
export type CodexCliGap = { key: Pick<Key, "id" | "name">; walletCould: boolean };

/** The keys with which requests of the Codex CLI itself are refused: no lane that may take them stands beside the Codex lanes. */
export function codexCliGaps(keys: readonly Key[], lanes: readonly Lane[]): CodexCliGap[] {
  return keys.flatMap((key) => {
    if (key.status !== "active") return [];
    const open = lanes.filter(({ id, state }) => state !== "paused" && (key.laneIds?.includes(id) ?? true));
    const codex = open.findIndex(({ kind }) => kind === "codex");
    if (codex < 0 || open.some(({ kind }) => kind === "api_key")) return [];
    const wallet = open.findIndex(({ kind }) => kind === "wallet");
    const walletAnswers = wallet >= 0 && (wallet < codex || key.spillCannotToWallet);
    return walletAnswers ? [] : [{ key: { id: key.id, name: key.name }, walletCould: wallet >= 0 }];
  });
}
