"use client";

import { SignOutEverywhere } from "@/app/(auth)/change-password/sign-out-everywhere";
import { ActionButton } from "@/app/(dashboard)/dashboard/lanes/action-button";
import { revokeOthersAction, revokeSessionAction } from "@/app/(dashboard)/dashboard/settings/security/actions";
import { Badge } from "@/components/ui/badge";
import { LocalTime } from "@/components/ui/local-time";
import type { SessionView } from "@/lib/users/list-sessions";

type Session = Omit<SessionView, "userAgent"> & { device: string };

export function SessionsList({ sessions }: { sessions: readonly Session[] }) {
  return (
    <div className="grid gap-4">
      <ul className="grid" aria-label="Open sessions">
        {sessions.map(({ id, device, isThis, address, lastSeenAt, createdAt }) => (
          <li
            key={id}
            className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 border-t border-line py-3 first:border-t-0 first:pt-0"
          >
            <div className="min-w-0 text-sm">
              <p className="flex flex-wrap items-baseline gap-2 font-medium wrap-anywhere">
                {device}
                {isThis && <Badge tone="good">this one</Badge>}
              </p>
              <p className="text-muted wrap-anywhere">
                {address ?? "address unknown"} · seen <LocalTime iso={lastSeenAt} />
              </p>
              <p className="text-muted">
                signed in <LocalTime iso={createdAt} />
              </p>
            </div>
            {!isThis && (
              <ActionButton
                action={revokeSessionAction}
                fields={{ sessionId: id }}
                label={`Sign out ${device}${address === null ? "" : ` at ${address}`}`}
              >
                Sign out
              </ActionButton>
            )}
          </li>
        ))}
      </ul>
      <div className="flex flex-wrap items-center gap-2 border-t border-line pt-4">
        {sessions.length > 1 && (
          <ActionButton action={revokeOthersAction} fields={{}}>
            Sign out everywhere else
          </ActionButton>
        )}
        <SignOutEverywhere />
      </div>
    </div>
  );
}
