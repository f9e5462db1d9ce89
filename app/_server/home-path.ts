import type { SignedIn } from "@/lib/users/sessions";

/** The first screen of whoever is signed in: what is open to them, and asked of them. */
export function homePath({ status, mustChangePassword, viewer }: Pick<SignedIn, "status" | "mustChangePassword" | "viewer">): string {
  if (status !== "active") return "/welcome";
  if (mustChangePassword) return "/change-password";
  return viewer.role === "admin" ? "/admin" : "/dashboard";
}
