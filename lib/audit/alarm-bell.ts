import type { Sql } from "postgres";
import { raiseAlarm } from "@/lib/audit/raise-alarm";

type Alarm = { kind: string; subject: string; detail: string };

/** The same alarm again within this time waits for its end: a provider that is down has one with every request. */
const AGAIN_MS = 1_000;

/** Writes alarms without letting a storm of equal ones reach the database: the first at once, then the last of each second. */
export class AlarmBell {
  readonly #sql: Sql;
  readonly #onError: (error: unknown) => void;
  readonly #waiting = new Map<string, Alarm | null>();

  constructor(sql: Sql, onError: (error: unknown) => void) {
    this.#sql = sql;
    this.#onError = onError;
  }

  ring(alarm: Alarm): void {
    const name = `${alarm.kind} ${alarm.subject}`;
    if (this.#waiting.has(name)) {
      this.#waiting.set(name, alarm);
      return;
    }
    this.#waiting.set(name, null);
    raiseAlarm(this.#sql, alarm).catch(this.#onError);
    setTimeout(() => {
      const last = this.#waiting.get(name);
      this.#waiting.delete(name);
      if (last) this.ring(last);
    }, AGAIN_MS).unref();
  }
}
