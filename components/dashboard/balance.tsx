"use client";

import { useQuery } from "@tanstack/react-query";
import { meQuery } from "@/components/data/me-query";
import { lanesQuery } from "@/components/data/lanes-query";
import { LanesTable } from "@/components/dashboard/lanes-table";
import { WalletFigures } from "@/components/dashboard/wallet-figures";
import { isEmpty } from "@/components/lanes/wallet-empty";
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
      {isEmpty(data.wallet) && <p className="mt-3 text-sm text-warn">Your operator adds credit.</p>}
      {isError && <p className="mt-3 text-sm text-warn">Not up to date: the last refresh failed.</p>}
    </>
  );
}

/** The viewer's own lanes: they close and open, and the wallet's turns empty and back, while they look. */
export function LiveLanesTable() {
  const { data: me } = useQuery(meQuery);
  const { data: lanes } = useQuery(lanesQuery);
  return me && lanes ? <LanesTable lanes={lanes} wallet={me.wallet} /> : null;
}
