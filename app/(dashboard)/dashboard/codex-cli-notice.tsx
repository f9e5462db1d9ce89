import Link from "next/link";
import { letWalletAnswerAction } from "@/app/(dashboard)/dashboard/keys/[keyId]/actions";
import { ActionButton } from "@/app/(dashboard)/dashboard/lanes/action-button";
import { codexCliGaps, type GapKey, type GapLane } from "@/components/lanes/codex-cli-gaps";
import { Banner } from "@/components/ui/banner";

const KEYS_SHOWN = 3;

/** Before somebody tries the Codex CLI and is refused: with which keys nobody answers it, and what to do about each. */
export function CodexCliNotice({ keys, lanes }: { keys: readonly GapKey[]; lanes: readonly GapLane[] }) {
  const gaps = codexCliGaps(keys, lanes);
  if (gaps.length === 0) return null;
  return (
    <Banner tone="warn">
      <p>
        The Codex CLI brings tools of its own along, which a ChatGPT lane cannot carry, so its requests need a lane of your own API key or
        the wallet. With {gaps.length === 1 ? "this API key" : "these API keys"} they are refused as things stand:
      </p>
      <ul className="mt-2 grid gap-2">
        {gaps.slice(0, KEYS_SHOWN).map(({ key, walletCould }) => (
          <li key={key.id} className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <span className="font-medium wrap-anywhere">{key.name}</span>
            {walletCould ? (
              <ActionButton action={letWalletAnswerAction} fields={{ keyId: key.id }} label={`Let the wallet answer: ${key.name}`}>
                Let the wallet answer
              </ActionButton>
            ) : (
              <Link href="/dashboard/lanes" className="underline underline-offset-2">
                Add or resume a lane<span className="sr-only"> for {key.name}</span>
              </Link>
            )}
          </li>
        ))}
      </ul>
      {gaps.length > KEYS_SHOWN && (
        <p className="mt-2">
          And {gaps.length - KEYS_SHOWN} more, under “Cannot” in the options of{" "}
          <Link href="/dashboard/keys" className="underline underline-offset-2">
            your keys
          </Link>
          .
        </p>
      )}
    </Banner>
  );
}
