"use client";

import { useQuery } from "@tanstack/react-query";
import { ActionButton } from "@/app/(dashboard)/dashboard/lanes/action-button";
import { checkNowAction } from "@/app/(dashboard)/dashboard/lanes/actions";
import { lanesQuery } from "@/components/data/lanes-query";
import { WindowMeters } from "@/components/lanes/window-meters";
import { EmptyState } from "@/components/ui/empty-state";

/** They fill while one looks. */
export function WindowsNow({ laneId }: { laneId: string }) {
  const { data } = useQuery(lanesQuery);
  const account = data?.rows.find(({ id }) => id === laneId)?.account;
  if (!account) return null;
  const isSignedIn = account.state === "signed_in";
  return (
    <div className="grid gap-3">
      {account.windows.length > 0 ? (
        <WindowMeters windows={account.windows} />
      ) : (
        <EmptyState title="Not known yet">
          {isSignedIn ? "OpenAI reports them with the first answer, or when you check now." : "OpenAI reports them after the sign-in."}
        </EmptyState>
      )}
      {isSignedIn && (
        <div className="flex flex-wrap items-center gap-2">
          <ActionButton action={checkNowAction} fields={{ laneId }}>
            Check now
          </ActionButton>
        </div>
      )}
    </div>
  );
}
