import { AppError } from "@/lib/errors/app-error";
import { HOP_HEADER } from "@/lib/gateway/call-upstream";
import { Generation } from "@/lib/gateway/generation";
import { identityOf, Joins } from "@/lib/gateway/joins";
import { mirrorCall, MirroredFailure, type RunningMirrors } from "@/lib/gateway/mirror";
import { listModels, showModel } from "@/lib/gateway/models-route";
import type { GatewayKey, GatewayOptions, GatewayPorts, RequestProgress } from "@/lib/gateway/ports";
import { RefusalLog } from "@/lib/gateway/refusal-log";
import { projectId } from "@/lib/gateway/project-id";
import { attemptRows, newRecord, requestRow, type RequestRecord } from "@/lib/gateway/request-record";
import { storedResponseCall } from "@/lib/gateway/stored-response-route";
import type { Call, GatewayHandle, Reply } from "@/lib/http/call";
import { DecodedBudget } from "@/lib/http/decoded-budget";
import { BODY_BYTES_MAX, BODY_RATIO_MAX, readBody } from "@/lib/http/read-body";
import { clientKind } from "@/lib/openai/client-kind";
import { readCodexLabels } from "@/lib/openai/codex-metadata";
import { readCodexProject } from "@/lib/openai/codex-project";
import { errorReply } from "@/lib/openai/error-face";
import { scanBody } from "@/lib/openai/json-scan";
import { readFacts, type Wire } from "@/lib/openai/request-facts";
import type { BodyEdit } from "@/lib/openai/splice";

/** Unpacked request bodies that one process holds at one time. */
const DECODED_BYTES_MAX = 512 * 1024 * 1024;

const LIMITS = { compressedBytesMax: BODY_BYTES_MAX, decodedBytesMax: BODY_BYTES_MAX, ratioMax: BODY_RATIO_MAX };

export type Gateway = {
  handle: GatewayHandle;
  /** Where the running requests are and how far they have come: what a heartbeat writes down. */
  progress(): Promise<RequestProgress[]>;
  /** Waits for the running requests; those that are not done by the deadline are interrupted and settled. */
  drain(timeoutMs: number): Promise<void>;
  readonly runningCount: number;
};

/** Where a call goes, by path and method alone. */
export type Route =
  | { kind: "generation"; wire: Wire }
  | { kind: "models"; slug: string | null }
  | { kind: "stored_response"; upstreamId: string }
  | { kind: "mirror" }
  | { kind: "nothing" };

export function createGateway(ports: GatewayPorts, options: GatewayOptions): Gateway {
  const budget = new DecodedBudget(DECODED_BYTES_MAX);
  const joins = new Joins();
  const refusals = new RefusalLog();
  const running = new Set<Generation>();
  const mirrors: RunningMirrors = new Set();
  let draining = false;

  async function handle(call: Call): Promise<Reply> {
    const requestId = ports.newRequestId();
    const client = clientKind(call.headers);
    const route = routeOf(call);
    const wire = route.kind === "generation" ? route.wire : "other";
    let record: RequestRecord | null = null;
    try {
      // Only WebSockets: some HTTP clients offer `h2c` with every request, and are served as they are.
      if (/websocket/i.test(call.headers["upgrade"] ?? "")) {
        throw new AppError("upgrade_required", "This API speaks plain HTTP. Send the request as a POST.");
      }
      if (call.headers[HOP_HEADER] !== undefined) {
        throw new AppError("request_invalid", "A lane must not lead back to a gateway: this request has come through one already.");
      }
      if (draining) throw new AppError("upstream_unavailable", "The gateway is restarting. Try again shortly.", { retryAfterS: 2 });
      const key = await ports.verifyKey(call.headers, call.clientAddress);
      record = newRecord({
        id: requestId,
        startedAt: ports.now(),
        key,
        method: call.method,
        path: call.path,
        client,
        clientAddress: call.clientAddress,
        labels: readCodexLabels(call.headers),
        requestBytes: 0,
      });
      return label(await serve(call, route, key, record));
    } catch (error) {
      if (error instanceof MirroredFailure) return label(errorReply(error.error, { client, wire, requestId }));
      const known = toAppError(error);
      if (known.code === "internal")
        ports.alarm({
          kind: "internal_error",
          subject: call.path.slice(0, 100),
          detail: String((error as Error)?.stack ?? error).slice(0, 2000),
        });
      const reply = errorReply(known, { client, wire, requestId });
      if (record) logRefusal(record, known, reply.status);
      else ports.noteKeyRefused(known.code);
      return label(reply);
    }
  }

  async function serve(call: Call, route: Route, key: GatewayKey, record: RequestRecord): Promise<Reply> {
    switch (route.kind) {
      case "models":
        return route.slug === null ? listModels(call, key, ports) : showModel(route.slug, key, ports);
      case "stored_response":
        return storedResponseCall({ call, key, record, ports, options, upstreamId: route.upstreamId, mirrors });
      case "nothing":
        throw new AppError("not_found", "There is nothing at this address.");
      case "mirror":
        return mirrorCall({ call, key, record, ports, options, mirrors });
      case "generation":
        return generate(call, route.wire, key, record);
    }
  }

  async function generate(call: Call, wire: Wire, key: GatewayKey, record: RequestRecord): Promise<Reply> {
    const share = budget.shareOf(key.userId);
    const bytes = await readBody(call, { ...LIMITS, budget: share });
    let held = bytes.byteLength;
    const release = () => {
      share.release(held);
      held = 0;
    };
    try {
      record.requestBytes = bytes.byteLength;
      const scan = scanBody(bytes);
      const project = readCodexProject(scan.value, record.labels);
      record.projectId = project && projectId(project, (value) => ports.ownerHmac(key.userId, value));
      const facts = readFacts(wire, scan);
      const model = facts.model ?? key.defaultModel;
      if (model === null)
        throw new AppError("request_invalid", "Name a model: the request has none, and this API key has no default.", { param: "model" });
      record.model = model;
      record.stream = facts.stream;
      if (key.models !== null && !key.models.includes(model)) {
        throw new AppError("model_not_allowed", `This API key may not use the model "${model}". It may use: ${key.models.join(", ")}.`, {
          param: "model",
        });
      }
      const identity = identityOf({
        keyId: key.keyId,
        path: call.path,
        client: record.client,
        labels: record.labels,
        headers: call.headers,
        bytes,
        scan,
      });
      const joined = identity && joins.find(identity, ports.now().getTime());
      if (joined) {
        release();
        return await joined.reply(call.signal);
      }
      const edits: BodyEdit[] = facts.model === null ? [{ op: "set", key: "model", json: JSON.stringify(model) }] : [];
      if (facts.model === null) record.edits.push("model set to the key's default");
      const { headers } = call;
      const generation = new Generation({
        ports,
        options,
        key,
        record,
        wire,
        headers,
        bytes,
        scan,
        facts,
        model,
        edits,
        onBodyDone: release,
      });
      running.add(generation);
      void generation.finished.finally(() => running.delete(generation));
      if (identity) joins.add(identity, generation, () => ports.now());
      else generation.relay.dropReplay();
      return await generation.reply(call.signal);
    } catch (error) {
      release();
      throw error;
    }
  }

  function logRefusal(record: RequestRecord, error: AppError, status: number): void {
    const rows = refusals.rowsFor(record.key.keyId, ports.now().getTime());
    if (rows === 0) return;
    Object.assign(record, {
      outcome: "refused",
      status,
      errorCode: error.code,
      errorText: rows > 1 ? `${error.message} (and ${rows - 1} more refusals of this key before)` : error.message,
    } satisfies Partial<RequestRecord>);
    const { keyId, userId } = record.key;
    // The client need not wait for this row; the settlement port retries and alarms by itself.
    void ports
      .settle({ requestId: record.id, keyId, userId, holds: [], request: requestRow(record, ports.now()), attempts: attemptRows(record) })
      .catch(() => {});
  }

  function label(reply: Reply): Reply {
    // Whatever type an upstream gives its bytes, no browser shall guess another one under our name.
    const headers: Record<string, string> = { ...reply.headers, "x-content-type-options": "nosniff" };
    if (options.simulated) headers["x-switchyard-simulated"] = "1";
    return { ...reply, headers };
  }

  return {
    handle,
    async progress() {
      const known = await Promise.allSettled([...running].map((generation) => generation.progress()));
      return known.map((entry) => (entry.status === "fulfilled" ? entry.value : null)).filter((entry) => entry !== null);
    },
    async drain(timeoutMs) {
      draining = true;
      const timer = setTimeout(() => {
        for (const generation of running) generation.interrupt("shutdown");
        for (const mirror of mirrors) mirror.interrupt();
      }, timeoutMs);
      // Again, for what was on its way in when this began.
      while (running.size + mirrors.size > 0) await Promise.allSettled([...running, ...mirrors].map((request) => request.finished));
      clearTimeout(timer);
    },
    get runningCount() {
      return running.size + mirrors.size;
    },
  };
}

/** Segments that some reader between here and the upstream would read as another path. */
const AMBIGUOUS_PATH = /\/\.{0,2}(\/|$)|[%;\\]/;
/** What `/v1/responses/` holds beside stored responses. */
const RESPONSES_ACTIONS = new Set(["compact", "input_tokens"]);

export function routeOf({ method, path }: Pick<Call, "method" | "path">): Route {
  const trimmed = path.length > 1 ? path.replace(/\/+$/, "") : path;
  if (method === "POST" && trimmed === "/v1/responses") return { kind: "generation", wire: "responses" };
  if (method === "POST" && trimmed === "/v1/chat/completions") return { kind: "generation", wire: "chat" };
  if (method === "GET" && trimmed === "/v1/models") return { kind: "models", slug: null };
  const model = method === "GET" ? /^\/v1\/models\/(.+)$/.exec(trimmed) : null;
  if (model) return { kind: "models", slug: decode(model[1]!) };
  if (!trimmed.startsWith("/v1/") || AMBIGUOUS_PATH.test(trimmed)) return { kind: "nothing" };
  const stored = /^\/v1\/responses\/([^/]+)/.exec(trimmed)?.[1];
  if (stored !== undefined && !RESPONSES_ACTIONS.has(stored)) return { kind: "stored_response", upstreamId: stored };
  return { kind: "mirror" };
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function toAppError(error: unknown): AppError {
  return error instanceof AppError ? error : new AppError("internal", "Internal error", { cause: error });
}
