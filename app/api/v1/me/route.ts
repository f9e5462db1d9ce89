import { apiRead } from "@/app/_server/responders";
import { runtime } from "@/lib/runtime/runtime";
import { readWallet } from "@/lib/wallet/read";

export const GET = apiRead(async ({ viewer }) => {
  const { userId, username, role } = viewer;
  return { user: { id: userId, username, role }, wallet: await readWallet(runtime().db.orm, viewer, { userId }) };
});
