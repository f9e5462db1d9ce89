import { Callout } from "@/components/ui/callout";
import { Money } from "@/components/ui/money";
import { parseUsd } from "@/lib/money/micro-usd";

/** Before the account is deleted: what the wallet holds goes with it. Nothing, where it holds nothing. */
export function LostCredit({ availableUsd, supportEmail }: { availableUsd: string; supportEmail: string | null }) {
  if (parseUsd(availableUsd) <= 0n) return null;
  return (
    <Callout tone="warn" title="Your credit is not paid back by itself">
      <Money usd={availableUsd} /> is left in your wallet and is lost with the account.
      {supportEmail === null ? " Ask the operator before you delete it." : ` Write to ${supportEmail} before you delete it.`}
    </Callout>
  );
}
