import type { ReactNode } from "react";
import { requireViewer } from "@/app/_server/session";
import { SignedInShell } from "@/app/_server/signed-in-shell";

export default async function AdminLayout({ children }: { children: ReactNode }) {
  return <SignedInShell viewer={await requireViewer("admin")}>{children}</SignedInShell>;
}
