"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { meQuery } from "@/components/data/me-query";
import { Banner } from "@/components/ui/banner";
import { formatUsd, parseUsd } from "@/lib/money/micro-usd";

/** Above every page, while the balance is below a threshold of the viewer's own, or gone. */
export function BalanceNotice({ thresholdsUsd }: { thresholdsUsd: readonly string[] }) {
  const { data } = useQuery(meQuery);
  if (!data) return null;
  const available = parseUsd(data.wallet.availableUsd);
  const balance = available + parseUsd(data.wallet.heldUsd);
  const crossed = thresholdsUsd.map((usd) => parseUsd(usd)).filter((threshold) => balance < threshold);
  const lowest = crossed.toSorted((one, two) => (one < two ? -1 : 1))[0];
  if (available >= 0n && lowest === undefined) return null;
  return (
    <Banner tone={balance <= 0n ? "bad" : "warn"}>
      <div className="flex flex-wrap items-center justify-between gap-x-4">
        <span>
          {available < 0n
            ? `Your wallet is overdrawn: ${formatUsd(available)}. It pays for no request until it is filled up.`
            : `Your balance is ${data.wallet.heldUsd === "0.000000" ? "" : "with what is held "}below ${formatUsd(lowest!)}. Requests go on as long as the rest covers them.`}
        </span>
        <Link href="/dashboard/wallet" className="inline-flex min-h-target items-center font-medium underline underline-offset-2">
          Open the wallet
        </Link>
      </div>
    </Banner>
  );
}
