import type { BrowserContextOptions } from "playwright-core";

type Look = { width: number; colorScheme: "light" | "dark" };

/**
 * How every screen is looked at. A colour does not depend on the width, nor the width of a page on its colours, so each width and each
 * theme stands here once: all of them crossed would take minutes more.
 */
export const LOOKS: readonly Look[] = [
  { width: 1280, colorScheme: "light" },
  { width: 360, colorScheme: "dark" },
];

/** A browser in which pages look so. */
export function inLook({ width, colorScheme }: Look): BrowserContextOptions {
  return { colorScheme, viewport: { width, height: 900 } };
}
