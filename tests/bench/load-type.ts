import type { BodySize } from "@/tests/bench/canned";

export type Shot = {
  port: number;
  /** Each a whole set of header lines; requests go round them. */
  headers: readonly string[];
  body: BodySize;
  stream: boolean;
  connections: number;
  warmUpMs: number;
  measureMs: number;
};

/** Times in milliseconds. `firstByte`: from the request to the first byte of the answer's body. */
export type ShotResult = {
  requests: number;
  perSecond: number;
  p50: number;
  p99: number;
  firstByteP50: number;
};
