import { API_OPERATIONS } from "@/lib/api-spec/api-document";
import { slugOf } from "@/lib/api-spec/operation-view";
import { DOCS_PAGES } from "@/lib/site/docs-pages";

/** An address that no page has: Next answers it with the one for what is not there. */
const NOWHERE = "/nowhere";

/** Pages below `/docs` that are not in its table. */
const DOCS_BESIDE = /^(?:search|search-index|opengraph-image.*)$/;
const DOCS = new Set<string>(DOCS_PAGES.map(({ slug }) => slug));
const OPERATIONS = new Set(API_OPERATIONS.map(({ id }) => slugOf(id)));

/**
 * What Next is to be asked for. Two kinds of wrong addresses it answers badly by itself: a broken percent escape with a bare 500, and a
 * page that finds out while it is made that it is not there with a document that stays empty without JavaScript.
 */
export function screenAddress(url: string): string {
  const path = url.split("?", 1)[0] ?? "";
  try {
    decodeURIComponent(path);
  } catch {
    return NOWHERE;
  }
  const [, part, name = ""] = /^\/(docs|api-docs)\/([\w-]+)\/?$/.exec(path) ?? [];
  const isThere = part === "docs" ? DOCS.has(name) || DOCS_BESIDE.test(name) : part !== "api-docs" || OPERATIONS.has(name);
  return isThere ? url : NOWHERE;
}
