import type { ReactNode } from "react";
import { requireViewer } from "@/app/_server/session";
import { SignedInShell } from "@/app/_server/signed-in-shell";

export default async function DashboardLayout({ children }: { children: ReactNode }) {
  return <SignedInShell viewer={await requireViewer()}>{children}</SignedInShell>;
}
