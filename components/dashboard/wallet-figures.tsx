import { Money } from "@/components/ui/money";

export function WalletFigures({ wallet }: { wallet: { availableUsd: string; heldUsd: string } }) {
  return (
    <dl className="grid gap-3">
      <div>
        <dt className="text-sm text-muted">Available</dt>
        <dd className="text-2xl font-semibold tracking-tight">
          <Money usd={wallet.availableUsd} />
        </dd>
      </div>
      <div className="flex justify-between gap-4 border-t border-line pt-3 text-sm">
        <dt className="text-muted">Held by running requests</dt>
        <dd>
          <Money usd={wallet.heldUsd} />
        </dd>
      </div>
    </dl>
  );
}
