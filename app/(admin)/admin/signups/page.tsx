import type { Metadata } from "next";
import { ReviewForm } from "@/app/(admin)/admin/signups/review-form";
import { requireViewer } from "@/app/_server/session";
import { SignUpItem } from "@/components/admin/sign-up-item";
import { Card } from "@/components/ui/card";
import { EmptyState } from "@/components/ui/empty-state";
import { PageHeading } from "@/components/ui/page-heading";
import { runtime } from "@/lib/runtime/runtime";
import { REJECTED_KEPT_DAYS } from "@/lib/users/drop-sign-ups";
import { listSignUps, type SignUpView } from "@/lib/users/read-sign-ups";

export const metadata: Metadata = { title: "Sign-ups" };

const WHO: Record<"open" | "review" | "closed", string> = {
  open: "Sign-up is open: whoever confirms an address is in. Set SIGN_UP=review to look at each first.",
  review: "Each confirmed address waits here, the longest first. A decision is mailed to the newcomer.",
  closed: "Sign-up is closed: only who signed up before it was can still wait here.",
};

const REFUSED = `They see that they were refused when they sign in, and may export or delete what they told you. After ${REJECTED_KEPT_DAYS} days it is deleted by itself.`;

export default async function SignUpsPage() {
  const viewer = await requireViewer("admin");
  const { config, db } = runtime();
  const rows = await listSignUps(db.orm, viewer);
  const waiting = rows.filter(({ status }) => status === "pending");
  const refused = rows.filter(({ status }) => status === "rejected");
  return (
    <>
      <PageHeading title="Sign-ups" />
      <div className="grid gap-4">
        <Card title="Waiting to be let in" aside={waiting.length || undefined} note={WHO[config.signUp]}>
          {waiting.length > 0 ? (
            <Items rows={waiting} />
          ) : (
            <EmptyState title="Nobody waits">
              {config.signUp === "review"
                ? "Admins with an e-mail address are told by mail when somebody does."
                : "Newcomers stand under “Users”."}
            </EmptyState>
          )}
        </Card>
        {refused.length > 0 && (
          <Card title="Refused" aside={refused.length} note={REFUSED}>
            <Items rows={refused} />
          </Card>
        )}
      </div>
    </>
  );
}

function Items({ rows }: { rows: readonly SignUpView[] }) {
  return (
    <ul className="grid divide-y divide-line">
      {rows.map((row) => (
        <SignUpItem key={row.id} signUp={row}>
          <ReviewForm key={row.status} userId={row.id} username={row.username} isRefused={row.status === "rejected"} />
        </SignUpItem>
      ))}
    </ul>
  );
}
