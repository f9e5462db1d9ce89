import { AppError } from "@/lib/errors/app-error";
import { parseUsd } from "@/lib/money/micro-usd";
import { isStorableInstant } from "@/lib/time/storable-instant";

/*
 * Which requests of the log are meant, as it stands in the address of the screen, of the export and of `/api/v1/requests`: one
 * grammar for all three. A field that makes no sense is named and left out; the others keep their meaning.
 */

/** Up to now. `all`: everything that is kept. */
export const RANGES = ["1h", "24h", "7d", "30d", "all"] as const;
export type Range = (typeof RANGES)[number];

export const OUTCOMES = ["completed", "incomplete", "failed", "refused", "interrupted", "unsettled"] as const;
export const LANE_KINDS = ["codex", "api_key", "wallet", "none"] as const;
/** What Codex makes requests for; `turn` is also every request that says nothing about itself. */
export const REQUEST_KINDS = ["turn", "compaction", "title", "review"] as const;
export type RequestKind = (typeof REQUEST_KINDS)[number];

export type RequestFilter = {
  range: Range;
  /** Instants, ISO: where one is set, `range` says nothing. `to` is not included. */
  from: string | null;
  to: string | null;
  model: readonly string[];
  /** Ids. */
  key: readonly string[];
  lane: readonly string[];
  laneKind: readonly (typeof LANE_KINDS)[number][];
  outcome: readonly (typeof OUTCOMES)[number][];
  /** `429`, or a whole class: `4xx`, `5xx`. */
  status: string | null;
  /** `codex`, `sdk`, … */
  client: readonly string[];
  kind: readonly RequestKind[];
  project: readonly string[];
  thread: string | null;
  stream: boolean | null;
  /** Only what a paid lane took over from Codex lanes. */
  spill: boolean;
  /** At least, in US dollars. */
  minCost: string | null;
  /** At least, in milliseconds. */
  minMs: number | null;
  /** A request's id, or how it begins. */
  id: string | null;
};

export type FilterProblem = { param: string; message: string };

const RANGE_DEFAULT: Range = "7d";
export const NO_FILTER: RequestFilter = {
  range: RANGE_DEFAULT,
  from: null,
  to: null,
  model: [],
  key: [],
  lane: [],
  laneKind: [],
  outcome: [],
  status: null,
  client: [],
  kind: [],
  project: [],
  thread: null,
  stream: null,
  spill: false,
  minCost: null,
  minMs: null,
  id: null,
};

/** Of one list. */
const VALUES_MAX = 20;
const VALUE_CHARS_MAX = 128;
/** No value has them, and Postgres takes no text with a NUL. */
const CONTROL = /\p{Cc}/u;
const NO_CONTROL = "must not hold control characters.";
const MS_MAX = 24 * 3_600_000;
const ID = /^req_[0-9a-f]{1,32}$/;

/** `problems` is empty when everything was understood. Parameters that are none of the filter's are left to others. */
export function readFilter(query: URLSearchParams): { filter: RequestFilter; problems: FilterProblem[] } {
  const problems: FilterProblem[] = [];
  const wrong = (param: string, message: string): null => {
    problems.push({ param, message });
    return null;
  };
  const text = (param: string): string | null => {
    const value = query.get(param)?.trim() ?? "";
    if (CONTROL.test(value)) return wrong(param, `${param} ${NO_CONTROL}`);
    return value.length > VALUE_CHARS_MAX ? wrong(param, `${param} is longer than ${VALUE_CHARS_MAX} characters.`) : value || null;
  };
  const texts = (param: string): string[] => {
    const values = [...new Set(query.getAll(param).map((value) => value.trim()))].filter((value) => value !== "");
    const isFitting = values.length <= VALUES_MAX && values.every((value) => value.length <= VALUE_CHARS_MAX);
    if (!isFitting) wrong(param, `${param} takes at most ${VALUES_MAX} values of ${VALUE_CHARS_MAX} characters.`);
    else if (values.some((value) => CONTROL.test(value))) wrong(param, `${param} ${NO_CONTROL}`);
    else return values;
    return [];
  };
  const oneOf = <T extends string>(param: string, known: readonly T[]): T[] =>
    texts(param).filter((value): value is T => {
      const isKnown = (known as readonly string[]).includes(value);
      if (!isKnown) wrong(param, `${param} is one of ${known.join(", ")}.`);
      return isKnown;
    });
  const instant = (param: string): string | null => {
    const value = text(param);
    if (value === null) return null;
    const at = /^\d{4}-\d\d-\d\dT/.test(value) ? new Date(value) : new Date(Number.NaN);
    return isStorableInstant(at) ? at.toISOString() : wrong(param, `${param} must be an instant such as 2026-11-20T14:00:00Z.`);
  };
  const flag = (param: string): boolean | null => {
    const value = text(param);
    if (value === null) return null;
    if (value === "true" || value === "false") return value === "true";
    return wrong(param, `${param} is true or false.`);
  };

  const [from, to] = [instant("from"), instant("to")];
  const isTurned = from !== null && to !== null && from >= to;
  if (isTurned) wrong("from", "from must be before to.");
  const filter: RequestFilter = {
    range: oneOf("range", RANGES)[0] ?? RANGE_DEFAULT,
    from: isTurned ? null : from,
    to: isTurned ? null : to,
    model: texts("model"),
    key: texts("key"),
    lane: texts("lane"),
    laneKind: oneOf("laneKind", LANE_KINDS),
    outcome: oneOf("outcome", OUTCOMES),
    status: readStatus(text("status"), wrong),
    client: texts("client"),
    kind: oneOf("kind", REQUEST_KINDS),
    project: texts("project"),
    thread: text("thread"),
    stream: flag("stream"),
    spill: flag("spill") ?? false,
    minCost: readCost(text("minCost"), wrong),
    minMs: readMs(text("minMs"), wrong),
    id: readId(text("id"), wrong),
  };
  return { filter, problems };
}

/** For machines, which would rather have no answer than one to another question. Throws `request_invalid`. */
export function requireFilter(query: URLSearchParams): RequestFilter {
  const { filter, problems } = readFilter(query);
  const [first] = problems;
  if (first) throw new AppError("request_invalid", first.message, { param: first.param });
  return filter;
}

/** What of that filter the bearer of one key may see; null: no key narrows it. Throws `forbidden` where it asks for another one's. */
export function narrowToKey(filter: RequestFilter, keyId: string | null): RequestFilter {
  if (keyId === null) return filter;
  if (filter.key.some((asked) => asked !== keyId)) {
    throw new AppError("forbidden", "This API key sees its own requests only.", { param: "key" });
  }
  return { ...filter, key: [keyId] };
}

/** The address of that filter, without what goes without saying. `readFilter` of it is the filter again. */
export function filterQuery(filter: RequestFilter): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filter)) {
    if (name === "range" && (value === RANGE_DEFAULT || filter.from !== null || filter.to !== null)) continue;
    if (Array.isArray(value)) for (const one of value as string[]) query.append(name, one);
    else if (value !== null && value !== false) query.append(name, String(value));
  }
  if (filter.stream === false) query.append("stream", "false");
  return query;
}

/** How many fields narrow the range down. */
export function countFields(filter: RequestFilter): number {
  return Object.entries(filter).filter(([name, value]) => {
    if (name === "range" || name === "from" || name === "to") return false;
    return Array.isArray(value) ? value.length > 0 : value !== null && (value !== false || name === "stream");
  }).length;
}

const RANGE_MS: Record<Exclude<Range, "all">, number> = {
  "1h": 3_600_000,
  "24h": 24 * 3_600_000,
  "7d": 7 * 24 * 3_600_000,
  "30d": 30 * 24 * 3_600_000,
};

/** The instants that are meant at `now`; null: open. */
export function spanOf({ range, from, to }: RequestFilter, now: Date): { from: Date | null; to: Date | null } {
  if (from !== null || to !== null) return { from: from === null ? null : new Date(from), to: to === null ? null : new Date(to) };
  return { from: range === "all" ? null : new Date(now.getTime() - RANGE_MS[range]), to: null };
}

type Wrong = (param: string, message: string) => null;

function readStatus(value: string | null, wrong: Wrong): string | null {
  if (value === null || /^([1-5]\d\d|[45]xx)$/.test(value)) return value;
  return wrong("status", "status is a number such as 429, or 4xx or 5xx.");
}

function readCost(value: string | null, wrong: Wrong): string | null {
  if (value === null) return null;
  try {
    if (parseUsd(value) >= 0n) return value;
  } catch {
    // Says the same.
  }
  return wrong("minCost", "minCost must be an amount of US dollars such as 0.05.");
}

function readMs(value: string | null, wrong: Wrong): number | null {
  if (value === null) return null;
  const ms = Number(value);
  if (/^\d+$/.test(value) && ms <= MS_MAX) return ms;
  return wrong("minMs", `minMs must be a whole number of milliseconds up to ${MS_MAX}.`);
}

function readId(value: string | null, wrong: Wrong): string | null {
  if (value === null) return null;
  const id = value.toLowerCase();
  if (ID.test(id)) return id;
  return wrong("id", "An id begins with req_ and goes on with digits and letters from a to f, as in the x-request-id header.");
}
