import type { Metadata } from "next";
import Link from "next/link";
import { notFound } from "next/navigation";
import { HelpersTable } from "@/app/(dashboard)/dashboard/keys/helpers-table";
import { KeyLimitsForm } from "@/app/(dashboard)/dashboard/keys/[keyId]/key-limits-form";
import { KeyOptionsForm } from "@/app/(dashboard)/dashboard/keys/[keyId]/key-options-form";
import { RevokeKeyForm } from "@/app/(dashboard)/dashboard/keys/[keyId]/revoke-key-form";
import { RotateKeyForm } from "@/app/(dashboard)/dashboard/keys/[keyId]/rotate-key-form";
import { lowBudgetsOf } from "@/app/_server/low-budgets-of";
import { requireViewer } from "@/app/_server/session";
import { Banner } from "@/components/ui/banner";
import { Card } from "@/components/ui/card";
import { LocalTime } from "@/components/ui/local-time";
import { Money } from "@/components/ui/money";
import { PageHeading } from "@/components/ui/page-heading";
import { Stat, StatRow } from "@/components/ui/stat";
import { listKeys, type KeyView } from "@/lib/keys/read";
import { listHelpers } from "@/lib/keys/read-helpers";
import { FIGURES_DAYS, readKeyFigures, type KeyFigures } from "@/lib/keys/read-key-figures";
import { listLanes } from "@/lib/lanes/read";
import { parseUsd, type MicroUsd } from "@/lib/money/micro-usd";
import { runtime } from "@/lib/runtime/runtime";

export const metadata: Metadata = { title: "API key" };

const WHOLE = new Intl.NumberFormat("en-US");
const LINK = "text-accent underline underline-offset-2";

export default async function KeyPage({ params }: { params: Promise<{ keyId: string }> }) {
  const viewer = await requireViewer();
  const { keyId } = await params;
  const { config, db, clock } = runtime();
  const { userId } = viewer;
  const key = (await listKeys(db.orm, viewer, { userId })).find(({ id }) => id === keyId);
  if (!key) notFound();
  const [figures, lanes, helpers, budgets] = await Promise.all([
    readKeyFigures(db.sql, viewer, { keyId, userId, clock }),
    listLanes(db.orm, viewer, { userId }),
    listHelpers(db.orm, viewer, { userId, keyId }),
    lowBudgetsOf({ ...key, budgetDay: budgetOf(key.day), budgetWeek: budgetOf(key.week), budgetMonth: budgetOf(key.month) }),
  ]);
  const isRevoked = key.status === "revoked";
  return (
    <div className="mx-auto max-w-3xl">
      <PageHeading
        title={key.name}
        note={
          <code className="font-mono text-xs">
            {key.prefix}…{key.lastFour}
          </code>
        }
        back={{ href: "/dashboard/keys", label: "API keys" }}
      />
      <div className="grid gap-4">
        <Standing apiKey={key} />
        <Figures apiKey={key} figures={figures} />
        {!isRevoked && (
          <>
            <Card title="What it may do" note="An empty field sets no limit.">
              <KeyLimitsForm apiKey={key} {...budgets} lanes={lanes.map(({ id, label, kind }) => ({ id, label, kind }))} />
            </Card>
            <Card
              title="When Codex lanes cannot answer"
              note={
                <>
                  A used-up ChatGPT plan always opens the next paid lane in{" "}
                  <Link href="/dashboard/lanes" className={LINK}>
                    your order
                  </Link>
                  . The rest is your choice. A paid lane takes over at most {config.spillRequestsPerDay.toLocaleString("en-US")} requests a
                  day.
                </>
              }
            >
              <KeyOptionsForm options={key} />
            </Card>
            {helpers.length > 0 && (
              <Card title="Helpers" note="They fetch keys of ten minutes that stand for this one.">
                <HelpersTable rows={helpers} />
              </Card>
            )}
            <Card
              title="Rotate"
              note="A new secret with the same name and limits. Helpers go over to it by themselves. Old and new share budgets, rate and concurrency. Stop Codex’s daemon once where the key sits in a variable: it keeps the old one."
            >
              <RotateKeyForm keyId={key.id} isRotated={key.replacedBy !== null} />
            </Card>
            <Card title="Revoke" note="Programs that use it, and its helpers, stop working at once. Nothing brings it back.">
              <RevokeKeyForm keyId={key.id} name={key.name} />
            </Card>
          </>
        )}
      </div>
    </div>
  );
}

function budgetOf({ budgetUsd }: KeyView["day"]): MicroUsd | null {
  return budgetUsd === null ? null : parseUsd(budgetUsd);
}

function Standing({ apiKey: { status, replacedBy, expiresAt } }: { apiKey: KeyView }) {
  if (status === "revoked") return <Banner>This key is revoked: it does nothing any more.</Banner>;
  if (replacedBy !== null && expiresAt !== null) {
    return (
      <Banner tone="warn">
        {status === "expired" ? "This key was rotated and has ended" : "This key was rotated and works until"} <LocalTime iso={expiresAt} />
        .{" "}
        <Link href={`/dashboard/keys/${replacedBy}`} className="underline underline-offset-2">
          The one that took its place
        </Link>
      </Banner>
    );
  }
  if (status === "expired") return <Banner tone="warn">This key has expired. Give it another end below, and it works again.</Banner>;
  return null;
}

function Figures({ apiKey, figures }: { apiKey: KeyView; figures: KeyFigures }) {
  return (
    <Card
      title="Usage"
      aside={
        <Link
          href={`/dashboard/requests?key=${apiKey.id}`}
          className="-my-2 inline-flex min-h-target items-center text-muted underline underline-offset-2 hover:text-ink"
        >
          Its requests
        </Link>
      }
      note={
        <>
          Created <LocalTime iso={apiKey.createdAt} />, last used {apiKey.lastUsedAt ? <LocalTime iso={apiKey.lastUsedAt} /> : "never"}
          {apiKey.expiresAt && (
            <>
              , expires <LocalTime iso={apiKey.expiresAt} />
            </>
          )}
          .
        </>
      }
    >
      <StatRow>
        <Stat label="Spent today (UTC)" value={<Money usd={apiKey.day.spentUsd} />} note={<Budget {...apiKey.day} />} />
        <Stat label="This week" value={<Money usd={apiKey.week.spentUsd} />} note={<Budget {...apiKey.week} />} />
        <Stat label="This month" value={<Money usd={apiKey.month.spentUsd} />} note={<Budget {...apiKey.month} />} />
      </StatRow>
      <p className="numeric mt-4 border-t border-line pt-3 text-sm text-muted">
        In {FIGURES_DAYS} days: {WHOLE.format(figures.requests)} {figures.requests === 1 ? "request" : "requests"},{" "}
        {WHOLE.format(figures.failed)} not answered, {WHOLE.format(figures.inputTokens)} input tokens (
        {WHOLE.format(figures.cachedInputTokens)} cached), {WHOLE.format(figures.outputTokens)} output tokens,{" "}
        <Money usd={figures.spentUsd} />.
      </p>
    </Card>
  );
}

function Budget({ budgetUsd }: KeyView["day"]) {
  return budgetUsd === null ? (
    "no budget"
  ) : (
    <>
      of <Money usd={budgetUsd} />
    </>
  );
}
