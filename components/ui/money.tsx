import { formatUsd, parseUsd, roundDownToRead } from "@/lib/money/micro-usd";

const DECIMALS = 6;

type MoneyProps = {
  /** The exact decimal string of a read. */
  usd: string;
  /** In columns: all six decimals. */
  aligned?: boolean;
  /** Where a glance is enough: whole cents, with the exact amount as its title. */
  rounded?: boolean;
};

/** As many decimals as it needs, at least two. */
export function Money({ usd, aligned, rounded }: MoneyProps) {
  const amount = parseUsd(usd);
  const text = formatUsd(rounded ? roundDownToRead(amount) : amount);
  return (
    <span className="numeric whitespace-nowrap" title={rounded ? formatUsd(amount) : undefined}>
      {aligned ? text.padEnd(text.indexOf(".") + 1 + DECIMALS, "0") : text}
    </span>
  );
}
