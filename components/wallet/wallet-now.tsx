"use client";

import { useQuery } from "@tanstack/react-query";
import { meQuery } from "@/components/data/me-query";
import { Money } from "@/components/ui/money";
import { Stat, StatRow } from "@/components/ui/stat";
import { microUsd, parseUsd, toUsdString } from "@/lib/money/micro-usd";

/** It moves while somebody looks: every request that runs holds some of it. */
export function WalletNow() {
  const { data, isError } = useQuery(meQuery);
  if (!data) return null;
  const { availableUsd, heldUsd } = data.wallet;
  const balance = toUsdString(microUsd(parseUsd(availableUsd) + parseUsd(heldUsd)));
  return (
    <StatRow>
      <Stat label="Available" value={<Money usd={availableUsd} />} note="for new requests" />
      <Stat label="Held" value={<Money usd={heldUsd} />} note="by running requests, at the most" />
      <Stat label="Balance" value={<Money usd={balance} />} note={isError ? "not up to date: the last refresh failed" : "both together"} />
    </StatRow>
  );
}
