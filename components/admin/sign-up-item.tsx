import type { ReactNode } from "react";
import { LocalTime } from "@/components/ui/local-time";
import type { SignUpView } from "@/lib/users/read-sign-ups";

/** Who it is, what they said, and below it what can be done. */
export function SignUpItem({ signUp, children }: { signUp: SignUpView; children: ReactNode }) {
  const { username, email, note, createdAt, reviewedAt, reviewNote } = signUp;
  return (
    <li className="grid gap-x-6 gap-y-3 py-4 first:pt-0 last:pb-0 md:grid-cols-2">
      <div className="grid min-w-0 content-start gap-1 text-sm">
        <h3 className="font-semibold wrap-anywhere">{username}</h3>
        <p className="text-muted wrap-anywhere">{email ?? "no address"}</p>
        <p className="text-muted">
          signed up <LocalTime iso={createdAt} />
        </p>
        {note === null ? (
          <p className="mt-2 text-muted">Said nothing about what it is for.</p>
        ) : (
          <blockquote className="mt-2 border-l-2 border-line pl-3 whitespace-pre-wrap wrap-anywhere">{note}</blockquote>
        )}
        {reviewedAt !== null && (
          <p className="mt-2 text-muted wrap-anywhere">
            Refused <LocalTime iso={reviewedAt} />
            {reviewNote !== null && `: ${reviewNote}`}
          </p>
        )}
      </div>
      {children}
    </li>
  );
}
