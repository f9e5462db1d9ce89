"use client";

import { useQuery } from "@tanstack/react-query";
import { ExternalLink } from "lucide-react";
import { useRouter } from "next/navigation";
import { useEffect } from "react";
import { ActionButton } from "@/app/(dashboard)/dashboard/lanes/action-button";
import { cancelSignInAction, startSignInAction } from "@/app/(dashboard)/dashboard/lanes/[laneId]/actions";
import { lanesQuery } from "@/components/data/lanes-query";
import { isRunning, signInQuery } from "@/components/data/sign-in-query";
import { Countdown } from "@/components/lanes/countdown";
import { planName } from "@/components/lanes/plan-name";
import { Banner } from "@/components/ui/banner";
import { buttonClass } from "@/components/ui/button";
import { CopyButton } from "@/components/ui/copy-button";
import type { SignInView } from "@/lib/codex/read-sign-in";
import type { LaneView } from "@/lib/lanes/read";

type Props = {
  lane: LaneView;
  /** Of a simulated installation: where its stand-in for OpenAI's page is. */
  simulatedPageUrl: string | null;
};

/** Read out when a step is reached: somebody who does not see the page waits with the others. */
const SAID: Partial<Record<SignInView["state"], string>> = {
  starting: "Asking OpenAI for a code.",
  waiting: "The code is here.",
  cancelled: "The sign-in was cancelled.",
  expired: "The code has run out.",
  refused: "The sign-in was refused.",
  failed: "The sign-in failed.",
};

/** From the code to the end. All of it is read from the server: a reload, or another window, shows the same. */
export function SignInPanel({ lane: rendered, simulatedPageUrl }: Props) {
  const { data: signIn, isError } = useQuery(signInQuery(rendered.id));
  const { data: lanes } = useQuery(lanesQuery);
  const router = useRouter();
  const lane = lanes?.rows.find(({ id }) => id === rendered.id) ?? rendered;
  const isSignedIn = lane.account?.state === "signed_in";
  const isNews = signIn?.state === "succeeded" && rendered.account?.state === "signing_in";
  // The rest of the page was rendered before anybody was signed in.
  useEffect(() => {
    if (isNews) router.refresh();
  }, [isNews, router]);
  return (
    <div className="grid gap-4">
      <output className="sr-only">{isSignedIn ? "Signed in." : signIn && SAID[signIn.state]}</output>
      {isError && <p className="text-sm text-warn">Not up to date: the last refresh failed.</p>}
      {isSignedIn && !isRunning(signIn) ? (
        <SignedIn lane={lane} />
      ) : (
        <Step lane={lane} signIn={signIn ?? null} simulatedPageUrl={simulatedPageUrl} />
      )}
    </div>
  );
}

function SignedIn({ lane: { account } }: { lane: LaneView }) {
  return (
    <div className="text-sm">
      <p>
        Signed in
        {account?.email && (
          <>
            {" "}
            as <span className="font-medium wrap-anywhere">{account.email}</span>
          </>
        )}
        .
      </p>
      <p className="text-muted">{account?.planType ? planName(account.planType) : "OpenAI has not said which plan it is."}</p>
    </div>
  );
}

function Step({ lane, signIn, simulatedPageUrl }: Props & { signIn: SignInView | null }) {
  switch (signIn?.state) {
    case undefined:
      return <Start lane={lane} verb="Sign in with ChatGPT" />;
    case "succeeded":
      // What is known of the lane is some seconds old; or else it was signed out since.
      return lane.account?.state === "signing_in" ? (
        <p className="text-sm">OpenAI has confirmed. One moment.</p>
      ) : (
        <Start lane={lane} verb="Sign in with ChatGPT" />
      );
    case "starting":
      return (
        <>
          <p className="text-sm">
            Starting your container and asking OpenAI for a code. This takes some seconds, or a few minutes while the machine is still
            getting ready.
          </p>
          <Cancel lane={lane} signIn={signIn} />
        </>
      );
    case "waiting":
      return <Waiting lane={lane} signIn={signIn} simulatedPageUrl={simulatedPageUrl} />;
    case "cancelled":
      return (
        <>
          <Banner>The sign-in was cancelled. Nothing was connected.</Banner>
          <Start lane={lane} verb="Sign in again" />
        </>
      );
    case "expired":
      return (
        <>
          <Banner tone="warn">{signIn.message ?? "The code ran out before it was entered. Ask for a new one."}</Banner>
          <Start lane={lane} verb="Get a new code" />
        </>
      );
    case "refused":
      return (
        <>
          <Banner tone="bad">{signIn.message ?? "OpenAI refused the sign-in."}</Banner>
          <Start lane={lane} verb="Try again" />
        </>
      );
    case "failed":
      return (
        <>
          <Banner tone="bad">{signIn.message ?? "The sign-in failed."}</Banner>
          <Start lane={lane} verb="Try again" />
        </>
      );
  }
}

function Waiting({ lane, signIn, simulatedPageUrl }: Props & { signIn: SignInView }) {
  const { code, expiresAt } = signIn;
  return (
    <>
      {code && (
        <ol className="grid gap-4">
          <li className="grid gap-2">
            <p className="text-sm font-medium">1. Copy this code</p>
            <div className="flex flex-wrap items-center gap-x-4 gap-y-1 rounded-md border border-line bg-sunken px-4 py-2">
              <code className="font-mono text-xl font-semibold tracking-wider">{code.userCode}</code>
              <CopyButton text={code.userCode} what="the code" />
            </div>
          </li>
          <li className="grid justify-items-start gap-2">
            <p className="text-sm font-medium">2. Enter it at OpenAI, signed in with the account that you want to connect</p>
            {simulatedPageUrl && (
              <a
                href={`${simulatedPageUrl}?user_code=${encodeURIComponent(code.userCode)}`}
                target="_blank"
                rel="noreferrer"
                className={buttonClass("primary")}
              >
                Open the simulated sign-in page
                <ExternalLink aria-hidden size={16} />
              </a>
            )}
            <a
              href={code.verificationUrl}
              target="_blank"
              rel="noreferrer"
              className={simulatedPageUrl ? "text-sm wrap-anywhere text-muted underline underline-offset-2" : buttonClass("primary")}
            >
              {simulatedPageUrl ? `A real one would be entered at ${code.verificationUrl}` : "Open OpenAI’s page"}
              {!simulatedPageUrl && <ExternalLink aria-hidden size={16} />}
            </a>
          </li>
          <li className="text-sm">
            <p className="font-medium">3. Come back here</p>
            <p className="text-muted">This page goes on by itself as soon as OpenAI has confirmed. Give the code to nobody.</p>
          </li>
        </ol>
      )}
      {expiresAt && (
        <p className="text-sm text-muted">
          The code is good for <Countdown until={expiresAt} />.
        </p>
      )}
      <Cancel lane={lane} signIn={signIn} />
    </>
  );
}

function Start({ lane, verb }: { lane: LaneView; verb: string }) {
  return (
    <div className="flex flex-wrap items-center gap-2">
      <ActionButton action={startSignInAction} fields={{ laneId: lane.id }} look="primary">
        {verb}
      </ActionButton>
    </div>
  );
}

function Cancel({ lane, signIn }: { lane: LaneView; signIn: SignInView }) {
  return (
    <div className="flex flex-wrap items-center gap-2">
      <ActionButton action={cancelSignInAction} fields={{ laneId: lane.id, signInId: signIn.id }}>
        Cancel the sign-in
      </ActionButton>
    </div>
  );
}
