import { cpuSecondsOf, type BenchProcess } from "@/tests/bench/bench-process";
import type { Contestant } from "@/tests/bench/contestants";
import type { Shot, ShotResult } from "@/tests/bench/load-type";

export type Case = Pick<Shot, "body" | "stream" | "connections">;

export type Measured = ShotResult & {
  /** Processor milliseconds per request: of the contestant, and of Postgres for those that use it. */
  cpuMs: number;
  postgresCpuMs: number | null;
};

type Answer = { result: ShotResult } | { error: string };

export async function shoot(input: {
  load: BenchProcess;
  contestant: Contestant;
  on: Case;
  warmUpMs: number;
  measureMs: number;
  postmasterPid: number | null;
}): Promise<Measured> {
  const { load, contestant, on, postmasterPid } = input;
  const shot: Shot = {
    ...on,
    port: contestant.process.port,
    headers: contestant.headers,
    warmUpMs: input.warmUpMs,
    measureMs: input.measureMs,
  };
  const read = () => ({
    own: cpuSecondsOf(contestant.process.pid),
    postgres: postmasterPid === null ? 0 : cpuSecondsOf(postmasterPid, true),
  });
  const answered = new Promise<Answer>((resolve) => load.child.once("message", (message) => resolve(message as Answer)));
  load.child.send(shot);
  // The clock of the processor runs over the same span as the count of requests, give or take the start of the connections.
  await new Promise((resolve) => setTimeout(resolve, shot.warmUpMs));
  const before = read();
  await new Promise((resolve) => setTimeout(resolve, shot.measureMs));
  const after = read();
  const answer = await answered;
  if ("error" in answer) throw new Error(`${contestant.name}: ${answer.error}`);
  const perRequest = (seconds: number) => (seconds * 1000) / Math.max(1, answer.result.requests);
  return {
    ...answer.result,
    cpuMs: perRequest(after.own - before.own),
    postgresCpuMs: postmasterPid === null ? null : perRequest(after.postgres - before.postgres),
  };
}
