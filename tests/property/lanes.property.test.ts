import { Readable } from "node:stream";
import fc from "fast-check";
import type { Dispatcher } from "undici";
import { expect, test } from "vitest";
import { createGateway } from "@/lib/gateway/create-gateway";
import type {
  AdmissionResult,
  GatewayKey,
  GatewayLane,
  GatewayPorts,
  RunnerEnd,
  Settlement,
  SpillReason,
  SpillRules,
} from "@/lib/gateway/ports";
import type { Reply } from "@/lib/http/call";
import type { DeclineClass, TurnTicket } from "@/lib/turns/runner-protocol";
import { textIn, readEvents } from "@/tests/factories/exchange";
import { TEST_RATES } from "@/tests/factories/provider";

/*
 * The whole gateway over ports that do what the case says: any lanes in any order and state, each with its own fate, any opt-ins.
 * No request is lost, answered twice, or served by somebody else's lane, and paid lanes open by the rules alone.
 */

const RUNS = 1_000;
const MODEL = "gpt-5.5";
const OWNER = { userId: "usr_owner", keyId: "key_owner" };

const CODEX_FATES = [
  "answers",
  "answers",
  "exhausted",
  "lost",
  "busy",
  "cannot",
  "no_runner",
  "cut_once",
  "cut_twice",
  "cut_in_content",
] as const;
const PAID_FATES = ["answers", "answers", "burst", "limit", "no_connection", "invalid", "ambiguous"] as const;
type LaneCase =
  | { kind: "codex"; state: "ready" | "exhausted" | "signed_out" | "paused" | "cooling"; fate: (typeof CODEX_FATES)[number] }
  | { kind: "api_key" | "wallet"; state: "ready" | "exhausted" | "paused"; fate: (typeof PAID_FATES)[number] };
type Case = { lanes: LaneCase[]; rules: SpillRules; codexLanesOn: boolean; stream: boolean; capped: boolean };

const codexCase: fc.Arbitrary<LaneCase> = fc.record({
  kind: fc.constant("codex" as const),
  state: fc.constantFrom("ready", "ready", "ready", "exhausted", "signed_out", "paused", "cooling"),
  fate: fc.constantFrom(...CODEX_FATES),
});
const paidCase: fc.Arbitrary<LaneCase> = fc.record({
  kind: fc.constantFrom("api_key", "wallet"),
  state: fc.constantFrom("ready", "ready", "ready", "exhausted", "paused"),
  fate: fc.constantFrom(...PAID_FATES),
});
const anyCase: fc.Arbitrary<Case> = fc.record({
  lanes: fc.array(fc.oneof(codexCase, paidCase), { minLength: 1, maxLength: 5 }),
  rules: fc.record({ busy: fc.constantFrom("none", "own_key", "any"), lostToWallet: fc.boolean(), cannotToWallet: fc.boolean() }),
  codexLanesOn: fc.boolean(),
  stream: fc.boolean(),
  capped: fc.boolean(),
});

test("over any lanes: the one that should answers, once, and every request ends on the log exactly once", async () => {
  await fc.assert(
    fc.asyncProperty(anyCase, async (given) => {
      const seen = await run(given);
      const expected = foretell(given);
      expect(seen.servedBy).toEqual(expected.serves === null ? [] : [expected.serves]);
      expect(seen.text).toBe(expected.text);
      expect(seen.order).toEqual(seen.order.toSorted((one, other) => one - other));
      // Twice at most, and only where nothing of the first time had reached the client.
      for (const [lane, calls] of Object.entries(seen.calls))
        expect(calls).toBeLessThanOrEqual(given.lanes[Number(lane)]?.kind === "codex" ? 2 : 1);
      expect(
        seen.tickets.every(({ userId, keyId, laneId }) => userId === OWNER.userId && keyId === OWNER.keyId && laneId in seen.laneNo),
      ).toBe(true);
      expect(seen.endings).toHaveLength(1);
      expect(seen.endings[0]).toMatchObject({ user_id: OWNER.userId, key_id: OWNER.keyId });
      expect(seen.spills.every(({ reason }) => reason !== "pinned")).toBe(true);
      expect(seen.holdsOpen).toEqual([]);
      expect(seen.alarms.filter((kind) => kind !== "provider_declines")).toEqual([]);
    }),
    { numRuns: RUNS },
  );
});

/** The same story told from the rules' table, without the gateway. */
function foretell({ lanes, rules, codexLanesOn, capped, stream }: Case): { serves: number | null; text: string } {
  const nobody = { serves: null, text: "" };
  const standing = (lane: LaneCase & { kind: "codex" }): DeclineClass | null => {
    if (!codexLanesOn) return "lost";
    if (lane.state === "signed_out") return "lost";
    if (lane.state === "exhausted") return "exhausted";
    if (lane.fate === "no_runner" || lane.fate === "cut_twice") return "lost";
    if (lane.fate === "exhausted" || lane.fate === "lost" || lane.fate === "busy" || lane.fate === "cannot") return lane.fate;
    // An answer that is not streamed and breaks off has not reached the client: it breaks off a second time.
    return lane.fate === "cut_in_content" && !stream ? "lost" : null;
  };
  const table: Record<DeclineClass, { api_key: boolean; wallet: boolean }> = {
    exhausted: { api_key: true, wallet: true },
    lost: { api_key: true, wallet: rules.lostToWallet },
    cannot: { api_key: true, wallet: rules.cannotToWallet },
    busy: { api_key: rules.busy !== "none", wallet: rules.busy === "any" },
  };
  const usable = (lane: LaneCase) => lane.state !== "paused" && !(lane.state === "exhausted" && lane.kind !== "codex");
  const isCooling = (lane: LaneCase) => lane.kind === "codex" && lane.state === "cooling" && codexLanesOn;
  const opens = (
    lane: LaneCase & { kind: "api_key" | "wallet" },
    no: number,
    says: (above: LaneCase & { kind: "codex" }) => DeclineClass | null,
  ) =>
    lanes.slice(0, no).every((above) => {
      if (above.kind !== "codex" || above.state === "paused") return true;
      const why = says(above);
      return why !== null && table[why][lane.kind];
    });
  // A lane that cools down stands aside as busy unless it is the only way.
  const skippedClass = (lane: LaneCase & { kind: "codex" }) => (isCooling(lane) ? "busy" : standing(lane));
  const isCandidate = (lane: LaneCase) =>
    usable(lane) &&
    !isCooling(lane) &&
    !(lane.kind === "codex" && (!codexLanesOn || lane.state === "signed_out" || lane.state === "exhausted"));
  const hasOther = lanes.some((lane, no) => isCandidate(lane) && (lane.kind === "codex" || opens(lane, no, skippedClass)));
  const order = [
    ...lanes.flatMap((lane, no) => (isCandidate(lane) ? [no] : [])),
    ...(hasOther ? [] : lanes.flatMap((lane, no) => (usable(lane) && isCooling(lane) ? [no] : []))),
  ];
  for (const no of order) {
    const lane = lanes[no]!;
    if (lane.kind === "codex") {
      if (standing(lane) !== null) continue;
      return { serves: no, text: lane.fate === "cut_in_content" ? `half ${no}` : `whole ${no}` };
    }
    const hasCodexAbove = lanes.slice(0, no).some((above) => above.kind === "codex" && above.state !== "paused");
    if (!opens(lane, no, skippedClass) || (hasCodexAbove && capped)) continue;
    if (lane.fate === "answers") return { serves: no, text: `whole ${no}` };
    if (lane.fate === "invalid" || lane.fate === "ambiguous") return nobody;
  }
  return nobody;
}

type Seen = {
  /** Lanes of which the client got words. */
  servedBy: number[];
  text: string;
  order: number[];
  calls: Record<number, number>;
  tickets: TurnTicket[];
  laneNo: Record<string, number>;
  endings: Record<string, unknown>[];
  spills: { laneId: string; reason: SpillReason }[];
  holdsOpen: string[];
  alarms: string[];
};

async function run(given: Case): Promise<Seen> {
  const seen: Seen = {
    servedBy: [],
    text: "",
    order: [],
    calls: {},
    tickets: [],
    laneNo: {},
    endings: [],
    spills: [],
    holdsOpen: [],
    alarms: [],
  };
  const until = new Date(Date.now() + 3_600_000);
  const call = (no: number) => {
    if (seen.order.at(-1) !== no) seen.order.push(no);
    return (seen.calls[no] = (seen.calls[no] ?? 0) + 1);
  };
  const lanes = given.lanes.map((lane, no): GatewayLane => {
    const id = `lane_${no}`;
    seen.laneNo[id] = no;
    const isClosed = lane.state === "exhausted" || lane.state === "cooling";
    const known = { id, label: `Lane ${no}`, stateReason: isClosed ? "overloaded" : null, stateUntil: isClosed ? until : null };
    if (lane.kind === "codex")
      return { ...known, state: lane.state, kind: "codex", accountId: `acct_${no}`, closedModels: {}, upstream: null };
    const upstream = {
      baseUrl: "https://upstream.example/v1",
      auth: { style: "bearer" as const, secret: "sk" },
      apiVersion: null,
      operatorKey: lane.kind === "wallet",
      providerId: lane.kind === "wallet" ? "prov_1" : null,
      dispatcher: { request: () => upstreamFate(lane.fate, no, call(no), given.stream) } as unknown as Dispatcher,
    };
    return { ...known, state: lane.state, kind: lane.kind, upstream };
  });
  const key: GatewayKey = {
    ...OWNER,
    models: null,
    defaultModel: null,
    outputTokensMax: 1_000,
    spill: given.rules,
    parametersStrict: false,
    codexLanesOn: given.codexLanesOn,
    lanes,
  };
  const gateway = createGateway(portsFor(given, key, seen, call), {
    publicUrl: "https://gw.example",
    simulated: false,
    streamDeadlineMs: 10_000,
    silenceMs: 10_000,
    moneyWaitMs: 0,
    webSearchCallsMax: 0,
    queueMs: 1_000,
    queueGraceMs: 1_000,
    laneRecoveryMs: 3,
  });
  const reply = await gateway.handle({
    method: "POST",
    path: "/v1/responses",
    query: "",
    headers: { authorization: "Bearer sk", "content-type": "application/json" },
    body: Readable.from([Buffer.from(JSON.stringify({ model: MODEL, input: "hello", stream: given.stream }))]),
    clientAddress: null,
    signal: new AbortController().signal,
  });
  seen.text = await textOf(reply, given.stream);
  await gateway.drain(1_000);
  seen.servedBy = [...new Set([...seen.text.matchAll(/(?:whole|half) (\d+)/g)].map((match) => Number(match[1])))];
  return seen;
}

function portsFor(given: Case, key: GatewayKey, seen: Seen, call: (no: number) => number): GatewayPorts {
  let ids = 0;
  const admitted: AdmissionResult = { outcome: "ok", available: null, held: null, retryAfterS: null, resetsAt: null };
  return {
    now: () => new Date(),
    newRequestId: () => `req_${++ids}`,
    newHoldId: () => `hold_${++ids}`,
    verifyKey: () => Promise.resolve(key),
    noteKeyRefused: () => {},
    priceOf: (model) =>
      Promise.resolve({
        id: "price_1",
        model,
        version: 1,
        sell: TEST_RATES,
        cost: TEST_RATES,
        outputTokensMax: 128_000,
        imageTokensMax: 1_000,
      }),
    soldModels: () => Promise.resolve([]),
    codexCatalogue: () => Promise.resolve([]),
    admit: ({ hold }) => {
      if (hold) seen.holdsOpen.push(hold.id);
      return Promise.resolve(admitted);
    },
    waitForMoney: () => Promise.resolve(),
    settle: (settlement: Settlement) => {
      for (const { id } of settlement.holds) seen.holdsOpen.splice(seen.holdsOpen.indexOf(id), 1);
      if (settlement.request) seen.endings.push(settlement.request);
      return Promise.resolve("committed");
    },
    changeLane: () => {},
    noteUsageReport: () => {},
    alarm: ({ kind }) => void seen.alarms.push(kind),
    findStoredResponse: () => Promise.resolve(null),
    recordStoredResponse: () => Promise.resolve(),
    callRunner: ({ ticket, onWaiting }) => {
      seen.tickets.push(ticket);
      const no = seen.laneNo[ticket.laneId] ?? -1;
      const lane = given.lanes[no];
      if (lane?.kind !== "codex") throw new Error("a runner was called for a lane that is no Codex lane");
      onWaiting({ kind: "queued", place: 1 });
      onWaiting({ kind: "running", queuedMs: 0 });
      return Promise.resolve(lane.fate === "no_runner" ? runnerLost(false) : runnerFate(lane.fate, no, call(no), ticket.stream));
    },
    admitSpill: (spill) => {
      seen.spills.push(spill);
      return Promise.resolve(given.capped ? "capped" : "ok");
    },
    findPin: () => Promise.resolve(null),
    keepPin: () => Promise.resolve(),
    ownerHmac: (_owner, value) => value,
  };
}

function runnerLost(ran: boolean): RunnerEnd {
  return { kind: "lost", reason: "test", ran, movedTo: null };
}

function runnerFate(fate: (LaneCase & { kind: "codex" })["fate"], no: number, calls: number, stream: boolean): RunnerEnd {
  const answer = (body: Readable): RunnerEnd => ({ kind: "answer", contentType: stream ? "text/event-stream" : "application/json", body });
  switch (fate) {
    case "exhausted":
    case "lost":
    case "busy":
    case "cannot":
      return { kind: "declined", class: fate, reason: "test", message: "said the test", until: null, param: null };
    case "no_runner":
      return runnerLost(false);
    case "cut_once":
      return calls === 1 ? runnerLost(true) : answer(Readable.from([wholeAnswer(no, stream)]));
    case "cut_twice":
      return runnerLost(true);
    case "cut_in_content":
      return answer(cutAfter(stream ? content(`half ${no}`) : Buffer.from('{"half":')));
    case "answers":
      return answer(Readable.from([wholeAnswer(no, stream)]));
  }
}

function upstreamFate(
  fate: (LaneCase & { kind: "wallet" })["fate"],
  no: number,
  _calls: number,
  stream: boolean,
): Promise<Dispatcher.ResponseData> {
  const answer = (statusCode: number, body: Buffer, contentType = "application/json") =>
    Promise.resolve({
      statusCode,
      headers: { "content-type": contentType },
      body: Readable.from([body]),
    } as unknown as Dispatcher.ResponseData);
  const failed = (code: string) => Promise.reject(Object.assign(new Error(code), { code }));
  const error = (code: string) => Buffer.from(JSON.stringify({ error: { code, type: code, message: "said the test", param: null } }));
  switch (fate) {
    case "answers":
      return answer(200, wholeAnswer(no, stream), stream ? "text/event-stream" : "application/json");
    case "burst":
      return answer(429, error("rate_limit_exceeded"));
    case "limit":
      return answer(429, error("usage_limit_reached"));
    case "invalid":
      return answer(400, error("invalid_value"));
    case "no_connection":
      return failed("ECONNREFUSED");
    case "ambiguous":
      return failed("ECONNRESET");
  }
}

const USAGE = {
  input_tokens: 5,
  output_tokens: 2,
  total_tokens: 7,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens_details: { reasoning_tokens: 0 },
};

function wholeAnswer(no: number, stream: boolean): Buffer {
  const text = `whole ${no}`;
  const output = [{ type: "message", role: "assistant", content: [{ type: "output_text", text, annotations: [] }] }];
  const response = { id: `resp_${no}`, object: "response", status: "completed", model: MODEL, output, usage: USAGE };
  if (!stream) return Buffer.from(JSON.stringify(response));
  return Buffer.concat([
    content(text),
    Buffer.from(`data: ${JSON.stringify({ type: "response.completed", sequence_number: 9, response })}\n\n`),
  ]);
}

function content(delta: string): Buffer {
  return Buffer.from(`data: ${JSON.stringify({ type: "response.output_text.delta", sequence_number: 1, delta })}\n\n`);
}

function cutAfter(bytes: Buffer): Readable {
  return Readable.from(
    (async function* () {
      yield await Promise.resolve(bytes);
      throw new Error("cut");
    })(),
  );
}

async function textOf(reply: Reply, stream: boolean): Promise<string> {
  const chunks: Uint8Array[] = [];
  if (reply.body instanceof Uint8Array) chunks.push(reply.body);
  else for await (const chunk of reply.body) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  if (reply.status !== 200) return "";
  if (stream) return textIn({ events: () => readEvents(bytes) } as Parameters<typeof textIn>[0]);
  const answer = JSON.parse(bytes.toString("utf8")) as { output?: { content: { text: string }[] }[] };
  return answer.output?.[0]?.content[0]?.text ?? "";
}
