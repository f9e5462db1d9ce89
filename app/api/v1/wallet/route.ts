import { apiRead } from "@/app/_server/responders";
import { runtime } from "@/lib/runtime/runtime";
import { readWallet } from "@/lib/wallet/read";
import { listLedger } from "@/lib/wallet/read-ledger";

const LIMIT_DEFAULT = 50;

/** `?limit=50&before=<nextCursor>&holds=true`: the balance, and what went through the wallet, newest first. */
export const GET = apiRead("account", async ({ viewer, query }) => {
  const { db } = runtime();
  const { userId } = viewer;
  const [wallet, ledger] = await Promise.all([
    readWallet(db.orm, viewer, { userId }),
    listLedger(db.sql, viewer, {
      userId,
      limit: Number(query.get("limit") ?? LIMIT_DEFAULT),
      before: query.get("before"),
      withHolds: query.get("holds") === "true",
    }),
  ]);
  return { ...wallet, ...ledger };
});
