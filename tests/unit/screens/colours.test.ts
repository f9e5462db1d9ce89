import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const css = readFileSync("app/globals.css", "utf8");
const THEMES = ["light", "dark"] as const;

/** Of WCAG 2.2: running text, and what is not text. */
const TEXT_MIN = 4.5;
const GRAPHIC_MIN = 3;

const GROUNDS = ["ground", "panel", "sunken", "raised"];
const TEXT_ON_GROUNDS = ["ink", "muted", "accent", "good", "warn", "bad"];
const TEXT_ON_ITS_OWN = [
  ["accent", "accent-soft"],
  ["good", "good-soft"],
  ["warn", "warn-soft"],
  ["bad", "bad-soft"],
  ["muted", "accent-soft"],
  ["on-accent", "accent"],
  ["on-accent", "accent-strong"],
] as const;
const CODE = ["keyword", "constant"];

describe.each(THEMES)("%s", (theme) => {
  test.each(GROUNDS)("text can be read on %s", (ground) => {
    const faint = [
      ...TEXT_ON_GROUNDS.map((name) => colour(`--color-${name}`, theme)),
      ...CODE.map((name) => colour(`--code-token-${name}`, theme)),
    ];
    for (const text of faint) expect(contrast(text, colour(`--color-${ground}`, theme))).toBeGreaterThanOrEqual(TEXT_MIN);
  });

  test.each(TEXT_ON_ITS_OWN)("%s can be read on %s", (text, ground) => {
    expect(contrast(colour(`--color-${text}`, theme), colour(`--color-${ground}`, theme))).toBeGreaterThanOrEqual(TEXT_MIN);
  });

  test("the edges of controls and the parts of charts stand out from the panel", () => {
    const parts = ["edge", "series-1", "series-2", "series-3", "series-4", "series-5", "series-6"];
    for (const part of parts) {
      expect(contrast(colour(`--color-${part}`, theme), colour("--color-panel", theme)), part).toBeGreaterThanOrEqual(GRAPHIC_MIN);
    }
  });
});

function colour(name: string, theme: (typeof THEMES)[number]): string {
  const pair = new RegExp(`${name}: light-dark\\((#[0-9a-f]{6}), (#[0-9a-f]{6})\\);`).exec(css);
  const found = pair?.[theme === "light" ? 1 : 2];
  if (found === undefined) throw new Error(`globals.css has no pair ${name}`);
  return found;
}

function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].toSorted((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
