/**
 * How every screen is looked at. A colour does not depend on the width, nor the width of a page on its colours, so each width and each
 * theme stands here once: all of them crossed would take minutes more.
 */
export const LOOKS = [
  { width: 1280, colorScheme: "light" },
  { width: 360, colorScheme: "dark" },
] as const;
