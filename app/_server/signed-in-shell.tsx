import type { ReactNode } from "react";
import { signOut } from "@/app/(auth)/sign-out";
import { setupLinesOf } from "@/app/_server/setup-lines-of";
import { ADMIN_LINKS, CUSTOMER_ERRANDS, CUSTOMER_LINKS } from "@/app/_server/shell-links";
import { HeaderBalance } from "@/components/dashboard/balance";
import { QueryProvider } from "@/components/data/query-provider";
import { AppShell } from "@/components/layout/app-shell";
import { ChosenTimeZone } from "@/components/layout/chosen-time-zone";
import { ZoneCookie } from "@/components/layout/zone-cookie";
import type { Viewer } from "@/lib/access/viewer";
import { runtime } from "@/lib/runtime/runtime";
import { BalanceNotice } from "@/components/wallet/balance-notice";
import { listBalanceAlerts } from "@/lib/wallet/balance-alerts";
import { readTimeZone } from "@/lib/users/read-time-zone";
import { readWallet } from "@/lib/wallet/read";

/** Around every screen of somebody who is signed in. */
export async function SignedInShell({ viewer, children }: { viewer: Viewer; children: ReactNode }) {
  const { config, db } = runtime();
  const { userId, username, role } = viewer;
  const [wallet, alerts, timeZone] = await Promise.all([
    readWallet(db.orm, viewer, { userId }),
    listBalanceAlerts(db.orm, viewer, { userId }),
    readTimeZone(db.orm, viewer, { userId }),
  ]);
  const isCustomer = role === "customer";
  const setup = setupLinesOf(config, null);
  return (
    <QueryProvider me={{ user: { id: userId, username, role }, wallet }}>
      <ZoneCookie />
      <ChosenTimeZone zone={timeZone}>
        <AppShell
          brandName={config.brandName}
          username={username}
          settingsHref="/dashboard/settings"
          groups={isCustomer ? CUSTOMER_LINKS : ADMIN_LINKS}
          errands={isCustomer ? CUSTOMER_ERRANDS : []}
          requestsHref={isCustomer ? "/dashboard/requests" : undefined}
          copies={[
            { label: "base URL", text: `${config.publicUrl}/v1` },
            { label: "setup lines", text: `${setup.exportKey}\n${setup.start}` },
          ]}
          balance={isCustomer && <HeaderBalance href="/dashboard/wallet" />}
          signOut={signOut}
          notices={isCustomer && <BalanceNotice thresholdsUsd={alerts.map(({ thresholdUsd }) => thresholdUsd)} />}
        >
          {children}
        </AppShell>
      </ChosenTimeZone>
    </QueryProvider>
  );
}
