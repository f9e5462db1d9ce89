import type { MetadataRoute } from "next";
import { API_OPERATIONS } from "@/lib/api-spec/api-document";
import { slugOf } from "@/lib/api-spec/operation-view";
import { runtime } from "@/lib/runtime/runtime";
import { SITE_PAGES } from "@/lib/site/site-pages";

export const dynamic = "force-dynamic";

export default function sitemap(): MetadataRoute.Sitemap {
  const { publicUrl } = runtime().config;
  return [...SITE_PAGES, ...API_OPERATIONS.map(({ id }) => `/api-docs/${slugOf(id)}`)].map((page) => ({
    url: `${publicUrl}${page === "/" ? "" : page}`,
  }));
}
