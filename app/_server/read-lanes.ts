import type { Lanes } from "@/components/data/lanes-query";
import type { Viewer } from "@/lib/access/viewer";
import { listLanes } from "@/lib/lanes/read";
import { runtime } from "@/lib/runtime/runtime";
import { areCodexLanesOn } from "@/lib/settings/codex-switch";

export async function readLanes(viewer: Viewer, userId: string): Promise<Lanes> {
  const { orm } = runtime().db;
  const [rows, codexOn] = await Promise.all([listLanes(orm, viewer, { userId }), areCodexLanesOn(orm)]);
  return { rows, codexOn };
}
