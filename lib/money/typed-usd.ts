import { type MicroUsd, parseUsd } from "@/lib/money/micro-usd";

/** `$`, then digits, with commas only where they stand between groups of three. */
const TYPED = /^(-?)\s*\$?\s*(\d{1,15}|\d{1,3}(?:,\d{3}){1,4})(\.\d{1,6})?$/;

/**
 * An amount as people type it: `5`, `$12.50`, `$1,200`. Null: it is none. A comma that is no thousands separator is refused, since
 * whoever writes `2,50` means two and a half, and leaving the comma out would make two hundred and fifty of it.
 */
export function readTypedUsd(text: string): MicroUsd | null {
  const [, sign = "", whole, fraction = ""] = TYPED.exec(text.trim()) ?? [];
  if (whole === undefined) return null;
  try {
    return parseUsd(`${sign}${whole.replaceAll(",", "")}${fraction}`);
  } catch {
    // Above the largest amount.
    return null;
  }
}
