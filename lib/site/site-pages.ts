import { DOCS_PAGES, docsHref } from "@/lib/site/docs-pages";

/** What search engines are told of. */
export const SITE_PAGES: readonly string[] = [
  "/",
  "/pricing",
  "/calculator",
  ...DOCS_PAGES.map(({ slug }) => docsHref(slug)),
  "/api-docs",
  "/status",
  "/changelog",
  "/terms",
  "/privacy",
];
