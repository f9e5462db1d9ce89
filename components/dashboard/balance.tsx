"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { meQuery } from "@/components/data/me-query";
import { paceWords } from "@/components/dashboard/pace-words";
import { isEmpty } from "@/components/lanes/wallet-empty";
import { cn } from "@/components/ui/cn";
import { Money } from "@/components/ui/money";
import { Stat } from "@/components/ui/stat";
import { parseUsd } from "@/lib/money/micro-usd";
import type { PaceView } from "@/lib/requests/read-pace";

/** In the header of every screen; `href` is where the wallet stands. */
export function HeaderBalance({ href }: { href: string }) {
  const { data } = useQuery(meQuery);
  if (!data) return null;
  return (
    <Link href={href} className="inline-flex min-h-target items-center gap-1.5 rounded-md px-2 text-sm hover:bg-ink/6">
      <span className="text-muted max-[26rem]:sr-only">Balance</span>{" "}
      <span className={cn("font-semibold", isEmpty(data.wallet) && "text-bad")}>
        <Money usd={data.wallet.availableUsd} rounded />
      </span>
    </Link>
  );
}

/** What there is, and how long it lasts. */
export function LiveBalanceStat({ pace }: { pace: PaceView }) {
  const { data, isError } = useQuery(meQuery);
  if (!data) return null;
  const { availableUsd, heldUsd } = data.wallet;
  return (
    <Stat
      label="Balance"
      value={<Money usd={availableUsd} rounded />}
      note={
        <>
          {isEmpty(data.wallet) ? "Your operator adds credit." : paceWords(data.wallet, pace)}
          {parseUsd(heldUsd) > 0n && (
            <span className="block">
              <Money usd={heldUsd} /> held by running requests
            </span>
          )}
          {isError && <span className="block text-warn">Not up to date: the last refresh failed.</span>}
        </>
      }
    />
  );
}
