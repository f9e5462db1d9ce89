import type { ContestantName } from "@/tests/bench/contestants";
import type { Case, Measured } from "@/tests/bench/shoot";

export type CaseResult = { on: Case; medians: ReadonlyMap<ContestantName, Measured> };

/** Of every figure by itself, over the rounds: of three and more, one disturbed round moves none of them. */
export function medianOf(rounds: readonly Measured[]): Measured {
  const middle = (pick: (round: Measured) => number) => {
    const sorted = rounds.map(pick).toSorted((a, b) => a - b);
    return (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.floor(sorted.length / 2)]!) / 2;
  };
  const hasPostgres = rounds.every((round) => round.postgresCpuMs !== null);
  return {
    requests: middle((round) => round.requests),
    perSecond: middle((round) => round.perSecond),
    p50: middle((round) => round.p50),
    p99: middle((round) => round.p99),
    firstByteP50: middle((round) => round.firstByteP50),
    cpuMs: middle((round) => round.cpuMs),
    postgresCpuMs: hasPostgres ? middle((round) => round.postgresCpuMs ?? NaN) : null,
  };
}

const HEAD = [
  "case",
  "contestant",
  "requests/s",
  "of direct",
  "of Portkey",
  "added p50 ms",
  "added p99 ms",
  "added first byte ms",
  "CPU ms per request",
  "Postgres CPU ms",
];

export function ratioTable(results: readonly CaseResult[]): string {
  const rows = results.flatMap(({ on, medians }) => {
    const direct = medians.get("direct");
    const portkey = medians.get("portkey");
    return [...medians].map(([name, own], index) => [
      index === 0 ? caseName(on) : "",
      name,
      String(Math.round(own.perSecond)),
      ratio(own.perSecond, direct?.perSecond),
      name === "direct" ? "" : ratio(own.perSecond, portkey?.perSecond),
      added(own, direct, "p50"),
      added(own, direct, "p99"),
      added(own, direct, "firstByteP50"),
      own.cpuMs.toFixed(2),
      own.postgresCpuMs === null ? "" : own.postgresCpuMs.toFixed(2),
    ]);
  });
  return markdown(HEAD, rows);
}

export function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, index) => (index < 2 ? "---" : "--:"))), ...rows.map(line)].join("\n");
}

export function caseName({ stream, body, connections }: Case): string {
  return `${stream ? "SSE" : "JSON"}, ${body}, ${connections} conn.`;
}

function ratio(own: number, other: number | undefined): string {
  return other === undefined ? "" : `${(own / other).toFixed(2)}x`;
}

function added(own: Measured, direct: Measured | undefined, figure: "p50" | "p99" | "firstByteP50"): string {
  if (direct === undefined) return own[figure].toFixed(2);
  return own === direct ? `(${own[figure].toFixed(2)})` : (own[figure] - direct[figure]).toFixed(2);
}
