"use client";

import { useEffect } from "react";
import { setOwnKey } from "@/components/api-docs/own-key";

/** Whoever leaves the reference leaves no key behind. */
export function ForgetKey() {
  useEffect(() => () => setOwnKey(""), []);
  return null;
}
