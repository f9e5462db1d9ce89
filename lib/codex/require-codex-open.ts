import type { Reader } from "@/db/client";
import { AppError } from "@/lib/errors/app-error";
import { areCodexLanesOn } from "@/lib/settings/codex-switch";

export async function requireCodexOpen(reader: Reader): Promise<void> {
  if (!(await areCodexLanesOn(reader))) {
    throw new AppError("paused", "ChatGPT accounts are switched off here for now. Your other lanes carry on.");
  }
}
