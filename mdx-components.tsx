import type { MDXComponents } from "mdx/types";

/** Next asks for this file. Each rendering of a page of the documentation brings its own: one for the screen, one for Markdown. */
export function useMDXComponents(): MDXComponents {
  return {};
}
