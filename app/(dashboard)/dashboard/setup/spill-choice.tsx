import Link from "next/link";
import type { codexCliGapOfNew } from "@/components/lanes/codex-cli-gaps";
import { Callout } from "@/components/ui/callout";
import { Money } from "@/components/ui/money";
import { RadioCards } from "@/components/ui/radio-cards";

/** A model of the wallet, in dollars per one million tokens. */
export type SoldModel = { model: string; inputUsd: string; outputUsd: string };

type Props = {
  gap: ReturnType<typeof codexCliGapOfNew>;
  /** Null: there is no price to give. */
  sold: SoldModel | null;
  chosen: string | undefined;
  error: string | undefined;
};

/**
 * Who answers the Codex CLI where its requests come to a ChatGPT lane first. Neither way is preset: one spends money, and with the
 * other the commands of the page are refused.
 */
export function SpillChoice({ gap, sold, chosen, error }: Props) {
  if (!gap) return null;
  if (!gap.walletCould) {
    return (
      <Callout tone="warn">
        With these lanes the Codex CLI is refused: it brings tools of its own that a ChatGPT lane cannot carry. Let the key use the wallet
        or your own API key too; both are under{" "}
        <Link href="/dashboard/lanes" className="underline underline-offset-2">
          Lanes
        </Link>
        .
      </Callout>
    );
  }
  return (
    <RadioCards
      name="spillCannot"
      legend="What a ChatGPT lane cannot answer"
      columns={2}
      defaultValue={chosen}
      error={error}
      options={[
        {
          value: "wallet",
          label: "The wallet answers",
          note: (
            <>
              The Codex CLI brings tools of its own that a ChatGPT lane cannot carry, so the wallet pays for it, by the token.
              {sold && (
                <>
                  {" "}
                  {sold.model}: <Money usd={sold.inputUsd} /> per 1M input tokens, <Money usd={sold.outputUsd} /> per 1M output tokens.
                </>
              )}
            </>
          ),
        },
        {
          value: "none",
          label: "Nobody",
          note: "The Codex CLI is refused, also with the commands below. SDK requests still use the ChatGPT lane.",
        },
      ]}
    />
  );
}
