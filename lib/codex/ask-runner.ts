import type { Sql } from "postgres";
import { request } from "undici";
import { findRunner } from "@/lib/codex/find-runner";
import type { AccountAct } from "@/lib/turns/runner-protocol";

export type RunnerAct = "sign-in" | "cancel-sign-in" | "sign-out" | "check-now" | "restart" | "remove";

/** The outcome of an act is in the database; this says only whether a runner does it. */
export type RunnerAnswer =
  { kind: "done" } | { kind: "no_runner" } | { kind: "refused"; status: number } | { kind: "unreachable"; cause: unknown };

const ACT_TIMEOUT_MS = 20_000;
/** A lease may pass on between our question and the call; after that somebody is confused. */
const MOVES_MAX = 2;
const ANSWER_BYTES_MAX = 4096;

type Question = { accountId: string; act: RunnerAct; body: AccountAct };

/** Asks the runner of an account to do something, wherever its lease is. */
export async function askRunner({ sql, secret }: { sql: Sql; secret: string }, question: Question): Promise<RunnerAnswer> {
  const found = await findRunner(sql, question.accountId);
  if (!found) return { kind: "no_runner" };
  const answer = await askAt(found.address, secret, question);
  if (answer.kind !== "unreachable") return answer;
  // One that died a moment ago still counts as alive; every act may be asked for twice.
  const other = await findRunner(sql, question.accountId, { without: [found.address] });
  return other === null ? answer : askAt(other.address, secret, question);
}

async function askAt(first: string, secret: string, { accountId, act, body }: Question): Promise<RunnerAnswer> {
  let address = first;
  try {
    for (let move = 0; move <= MOVES_MAX; move += 1) {
      const answer = await request(`${address}/accounts/${encodeURIComponent(accountId)}/${act}`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${secret}` },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(ACT_TIMEOUT_MS),
      });
      if (answer.statusCode === 200) {
        await answer.body.dump({ limit: ANSWER_BYTES_MAX });
        return { kind: "done" };
      }
      const movedTo = answer.statusCode === 409 ? readMovedTo(await readShort(answer.body)) : null;
      if (movedTo === null) return { kind: "refused", status: answer.statusCode };
      address = movedTo;
    }
    return { kind: "refused", status: 409 };
  } catch (cause) {
    return { kind: "unreachable", cause };
  }
}

/** Leaving the loop ends a body that is longer than any answer of ours. */
async function readShort(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > ANSWER_BYTES_MAX) break;
  }
  return Buffer.concat(chunks).toString("utf8");
}

function readMovedTo(text: string): string | null {
  try {
    const { movedTo } = JSON.parse(text) as { movedTo?: unknown };
    return typeof movedTo === "string" && URL.canParse(movedTo) ? movedTo : null;
  } catch {
    return null;
  }
}
