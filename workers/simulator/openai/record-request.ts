import type { IncomingHttpHeaders } from "node:http";

/** A request as it arrived, for a test to look at. */
export type RecordedRequest = {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** The parsed body; undefined when there was none or it was not JSON. */
  json: unknown;
  outcome: "open" | "completed" | "aborted" | "cut";
};

export const RECORDED_REQUESTS_MAX = 5_000;
