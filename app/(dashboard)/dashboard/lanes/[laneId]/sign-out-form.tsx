import { ActionButton } from "@/app/(dashboard)/dashboard/lanes/action-button";
import { signOutOfChatgptAction } from "@/app/(dashboard)/dashboard/lanes/actions";

/** Two steps, also without JavaScript. It can be undone by signing in again. */
export function SignOutForm({ laneId }: { laneId: string }) {
  return (
    <details className="mt-2">
      <summary className="inline-flex min-h-target cursor-pointer items-center text-sm text-muted underline underline-offset-2 hover:text-ink">
        Sign out of ChatGPT
      </summary>
      <div className="flex flex-wrap items-center gap-2 pt-1">
        <p className="basis-full text-sm text-muted">
          The sign-in is deleted from the container and ended at OpenAI. The lane stays, and answers nothing until you sign in again.
        </p>
        <ActionButton action={signOutOfChatgptAction} fields={{ laneId }}>
          Sign out of ChatGPT
        </ActionButton>
      </div>
    </details>
  );
}
