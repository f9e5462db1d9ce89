import { mkdir, open, readdir, readFile, rename, unlink } from "node:fs/promises";
import path from "node:path";
import { toJson } from "@/lib/wallet/admit-requests";
import { reviveSettlement } from "@/lib/wallet/revive-settlement";
import type { OwnedSettlement } from "@/lib/wallet/settle-requests";

const SUFFIX = ".settlement.json";

/**
 * Where settlements wait while the database is away: one fsynced file each, in the data folder. Whoever finds one may settle
 * it, since settling twice changes nothing.
 */
export class SettlementJournal {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async write(item: OwnedSettlement): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    // A request may leave two: an attempt that was given back, and its end.
    const name = `${item.requestId}.${item.request === null ? item.holds.map((hold) => hold.id).join("-") : "end"}`;
    const target = path.join(this.#folder, name + SUFFIX);
    const draft = `${target}.${process.pid}.tmp`;
    const file = await open(draft, "w", 0o600);
    try {
      await file.writeFile(toJson(item));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, target);
    const folder = await open(this.#folder, "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }

  /** Settles what is waiting; returns how many were. An error leaves the rest for the next time. */
  async replay(settle: (item: OwnedSettlement) => Promise<void>): Promise<number> {
    let count = 0;
    for (const name of await this.#names()) {
      const file = path.join(this.#folder, name);
      let text: string;
      try {
        text = await readFile(file, "utf8");
      } catch (error) {
        // Another process was faster.
        if ((error as NodeJS.ErrnoException).code === "ENOENT") continue;
        throw error;
      }
      await settle(reviveSettlement(text));
      await unlink(file).catch(() => {});
      count += 1;
    }
    return count;
  }

  async #names(): Promise<string[]> {
    try {
      return (await readdir(this.#folder)).filter((name) => name.endsWith(SUFFIX)).toSorted();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    }
  }
}
