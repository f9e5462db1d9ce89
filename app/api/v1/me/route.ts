import { apiRead } from "@/app/_server/responders";
import { runtime } from "@/lib/runtime/runtime";
import { readWallet } from "@/lib/wallet/read";

/** Every key learns whose it is; the balance is the account's. */
export const GET = apiRead("requests", async ({ viewer, onlyKeyId }) => {
  const { userId, username, role } = viewer;
  const wallet = onlyKeyId === null ? await readWallet(runtime().db.orm, viewer, { userId }) : null;
  return { user: { id: userId, username, role }, wallet };
});
