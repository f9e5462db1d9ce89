import { cookies } from "next/headers";
import { sessionCookie } from "@/app/_server/auth-options";
import { runtime } from "@/lib/runtime/runtime";
import { TICKET_LIFETIME_S } from "@/lib/users/second-step-ticket";

/** Holds the ticket between password and code; sent to the sign-in screens only. */
export async function setSecondStepCookie(ticket: string): Promise<void> {
  const { name, options } = secondStepCookie();
  (await cookies()).set(name, ticket, { ...options, maxAge: TICKET_LIFETIME_S });
}

export async function readSecondStepCookie(): Promise<string | null> {
  return (await cookies()).get(secondStepCookie().name)?.value ?? null;
}

export async function clearSecondStepCookie(): Promise<void> {
  const { name, options } = secondStepCookie();
  (await cookies()).set(name, "", { ...options, maxAge: 0 });
}

function secondStepCookie() {
  const { options } = sessionCookie(runtime().config.publicUrl);
  return { name: `${options.secure ? "__Secure-" : ""}second-step`, options: { ...options, path: "/sign-in" } };
}
