import type { MetadataRoute } from "next";
import { runtime } from "@/lib/runtime/runtime";

export const dynamic = "force-dynamic";

/** Pages behind a sign-in and links from mails are of no use to anybody else. */
export default function robots(): MetadataRoute.Robots {
  return {
    rules: { userAgent: "*", allow: "/", disallow: ["/admin", "/api/", "/dashboard", "/disconnect/", "/v1/"] },
    sitemap: `${runtime().config.publicUrl}/sitemap.xml`,
  };
}
