import type { UserStatus } from "@/db/schema/users";
import { AppError } from "@/lib/errors/app-error";
import { isAddressAllowed } from "@/lib/http/address-allow-list";
import type { CachedHelperKey, CachedKey } from "@/lib/keys/key-cache";
import type { Clock } from "@/lib/time/clock";

/** Throws what the owner of a key that may not be used should read. */
export function requireUsableKey(
  found: CachedKey | CachedHelperKey,
  { clock, clientAddress, publicUrl }: { clock: Clock; clientAddress: string | null; publicUrl: string },
): void {
  const { key, user } = found;
  const keysPage = `${publicUrl}/dashboard/keys`;
  if (key.revokedAt) throw new AppError("key_revoked", `This API key was revoked. Make a new one at ${keysPage}.`);
  if (key.expiresAt && key.expiresAt <= clock.now()) {
    throw new AppError("key_expired", `This API key has expired. Make a new one at ${keysPage}.`);
  }
  if (!isAddressAllowed(clientAddress, key.ipAllow)) {
    // Whoever brings a helper's secret, or what it was exchanged for, from elsewhere learns nothing about the key behind it.
    const page = "helper" in found ? keysPage : `${keysPage}/${key.id}`;
    throw new AppError(
      "ip_not_allowed",
      `This API key may not be used from ${clientAddress ?? "an unknown address"}. Change that at ${page}.`,
    );
  }
  if (user.status !== "active") throw closedAccount(user.status, publicUrl);
}

function closedAccount(status: Exclude<UserStatus, "active">, publicUrl: string): AppError {
  switch (status) {
    case "unverified":
      return new AppError(
        "paused",
        `This account has no confirmed e-mail address yet. Open the link in the mail, or sign in at ${publicUrl}/sign-in.`,
      );
    case "pending":
      return new AppError("paused", "This account waits to be let in by the operator. A mail tells when it is open.");
    case "rejected":
      return new AppError("paused", "The operator has refused this account.");
    case "suspended":
      return new AppError("paused", "This account is suspended. Ask the operator.");
    case "deleted":
      return new AppError("key_revoked", "This API key belongs to an account that was deleted.");
  }
}
