import type { Metadata } from "next";
import Link from "next/link";
import { redirect } from "next/navigation";
import { CodeForm } from "@/app/(auth)/sign-in/code/code-form";
import { readSecondStepCookie } from "@/app/_server/second-step-cookie";
import { CenteredPage } from "@/components/layout/centered-page";
import { ownPath, withReturnPath } from "@/lib/http/own-path";
import { runtime } from "@/lib/runtime/runtime";
import { ticketHolder } from "@/lib/users/second-step-ticket";

export const metadata: Metadata = { title: "Second step" };

type Props = { searchParams: Promise<Record<string, string | string[] | undefined>> };

/** The second step: the password was right, and a code is asked for. */
export default async function CodePage({ searchParams }: Props) {
  const query = await searchParams;
  const { config, clock } = runtime();
  const ticket = await readSecondStepCookie();
  const to = ownPath([query["to"]].flat()[0]);
  if (ticket === null || ticketHolder(ticket, clock.now()) === null) redirect(withReturnPath("/sign-in", to));
  const isRecovery = query["with"] === "recovery";
  const path = withReturnPath("/sign-in/code", to);
  const otherWay = isRecovery ? path : `${path}${to === null ? "?" : "&"}with=recovery`;
  const link = "inline-flex min-h-target items-center text-accent underline-offset-2 hover:underline";
  return (
    <CenteredPage brandName={config.brandName}>
      <h1 className="text-xl font-semibold">Second step</h1>
      <p className="mt-2 mb-5 text-sm text-muted">
        {isRecovery
          ? "Give one of the recovery codes that you kept when you turned this on. Each works once."
          : "Give the code that your authenticator app shows now."}
      </p>
      <CodeForm key={String(isRecovery)} isRecovery={isRecovery} to={to} />
      <div className="mt-6 grid justify-items-start border-t border-line pt-3 text-sm">
        <Link href={otherWay} className={link}>
          {isRecovery ? "Use the authenticator" : "Use a recovery code"}
        </Link>
        <Link href={withReturnPath("/sign-in", to)} className={link}>
          Sign in as somebody else
        </Link>
      </div>
    </CenteredPage>
  );
}
