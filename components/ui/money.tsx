import { formatUsd, parseUsd } from "@/lib/money/micro-usd";

const DECIMALS = 6;

/** `usd` is the exact decimal string of a read. It has as many decimals as it needs, at least two; `aligned`, in columns, all six. */
export function Money({ usd, aligned }: { usd: string; aligned?: boolean }) {
  const text = formatUsd(parseUsd(usd));
  return <span className="numeric whitespace-nowrap">{aligned ? text.padEnd(text.indexOf(".") + 1 + DECIMALS, "0") : text}</span>;
}
