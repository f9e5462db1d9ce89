"use client";

import { useRouter } from "next/navigation";
import { useEffect } from "react";
import { ZONE_COOKIE } from "@/components/layout/zone-cookie-name";

const YEAR_S = 365 * 24 * 60 * 60;

/** Tells the server the browser's zone, once and after every journey; what was counted in another zone is then counted again. */
export function ZoneCookie() {
  const router = useRouter();
  useEffect(() => {
    const entry = `${ZONE_COOKIE}=${Intl.DateTimeFormat().resolvedOptions().timeZone}`;
    if (document.cookie.split("; ").includes(entry)) return;
    document.cookie = `${entry}; path=/; max-age=${YEAR_S}; samesite=lax`;
    if (document.cookie.split("; ").includes(entry)) router.refresh();
  }, [router]);
  return null;
}
