"use client";

import { useQuery } from "@tanstack/react-query";
import { meQuery } from "@/components/data/me-query";
import { WalletFigures } from "@/components/dashboard/wallet-figures";
import { Money } from "@/components/ui/money";

/** In the header of every screen. */
export function HeaderBalance() {
  const { data } = useQuery(meQuery);
  if (!data) return null;
  return (
    <p className="text-sm">
      <span className="text-muted">Balance </span>
      <span className="font-semibold">
        <Money usd={data.wallet.availableUsd} />
      </span>
    </p>
  );
}

export function LiveWalletFigures() {
  const { data, isError } = useQuery(meQuery);
  if (!data) return null;
  return (
    <>
      <WalletFigures wallet={data.wallet} />
      {isError && <p className="mt-3 text-sm text-warn">Not up to date: the last refresh failed.</p>}
    </>
  );
}
