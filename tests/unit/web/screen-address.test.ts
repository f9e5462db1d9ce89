import { expect, test } from "vitest";
import { docsHref, DOCS_PAGES } from "@/lib/site/docs-pages";
import { screenAddress } from "@/workers/web/screen-address";

test.each([
  ...DOCS_PAGES.map(({ slug }) => docsHref(slug)),
  "/",
  "/docs/lanes.md",
  "/docs/lanes/markdown",
  "/docs/lanes/opengraph-image",
  "/docs/opengraph-image-1x2",
  "/docs/search?q=50%25",
  "/docs/search-index",
  "/api-docs",
  "/api-docs/create-response",
  "/dashboard/requests/%00",
  "/nope",
])("%s is asked for as it is", (url) => {
  expect(screenAddress(url)).toBe(url);
});

test.each(["/docs/nope", "/docs/nope/", "/docs/nope?_rsc=1", "/api-docs/nope", "/docs/%E0%A4%A", "/dashboard/requests/%", "/%zz?q=1"])(
  "%s is known not to be there before a page is begun",
  (url) => {
    expect(screenAddress(url)).toBe("/nowhere");
  },
);
