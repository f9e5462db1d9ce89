"use server";

import { redirect } from "next/navigation";
import { endSession } from "@/app/_server/session";

/** Needs nobody to be signed in: whoever's session has ended already only loses the cookie. */
export async function signOut(): Promise<void> {
  await endSession();
  redirect("/sign-in");
}
