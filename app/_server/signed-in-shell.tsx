import type { ReactNode } from "react";
import { signOut } from "@/app/(auth)/sign-out";
import { HeaderBalance } from "@/components/dashboard/balance";
import { QueryProvider } from "@/components/data/query-provider";
import { AppShell } from "@/components/layout/app-shell";
import type { Viewer } from "@/lib/access/viewer";
import { runtime } from "@/lib/runtime/runtime";
import { readWallet } from "@/lib/wallet/read";

const LINKS = {
  customer: [
    { href: "/dashboard", label: "Dashboard" },
    { href: "/dashboard/lanes", label: "Lanes" },
  ],
  admin: [
    { href: "/admin", label: "Users" },
    { href: "/admin/lanes", label: "Lanes" },
    { href: "/admin/outbox", label: "Mails" },
    { href: "/dashboard", label: "My dashboard" },
  ],
};

/** Around every screen of somebody who is signed in. */
export async function SignedInShell({ viewer, children }: { viewer: Viewer; children: ReactNode }) {
  const { config, db } = runtime();
  const { userId, username, role } = viewer;
  const wallet = await readWallet(db.orm, viewer, { userId });
  return (
    <QueryProvider me={{ user: { id: userId, username, role }, wallet }}>
      <AppShell
        brandName={config.brandName}
        username={username}
        links={LINKS[role]}
        balance={role === "customer" && <HeaderBalance />}
        signOut={signOut}
      >
        {children}
      </AppShell>
    </QueryProvider>
  );
}
