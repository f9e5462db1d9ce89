import { notFound } from "next/navigation";
import type { Viewer } from "@/lib/access/viewer";
import { AppError } from "@/lib/errors/app-error";
import { listRequests, type RequestPage } from "@/lib/requests/read";
import { runtime } from "@/lib/runtime/runtime";

type Query = Record<string, string | string[] | undefined>;

/** The page of the log that the address asks for with `?before=`; a cursor that is none has no page. */
export async function requestPage(
  viewer: Viewer,
  { userId, limit, query }: { userId: string; limit: number; query: Query },
): Promise<{ page: RequestPage; isNewest: boolean }> {
  const before = [query["before"]].flat()[0] ?? null;
  const page = await listRequests(runtime().db.orm, viewer, { userId, limit, before }).catch((error: unknown) => {
    if (error instanceof AppError && error.code === "request_invalid") notFound();
    throw error;
  });
  return { page, isNewest: !before };
}
