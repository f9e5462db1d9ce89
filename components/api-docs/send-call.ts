/** An answer as far as it has come. */
export type CallAnswer = {
  status: number;
  requestId: string | null;
  headers: [string, string][];
  text: string;
  /** More came than is shown. */
  isCut: boolean;
  elapsedMs: number;
  isWhole: boolean;
};

export type LoggedCost = { id: string; costUsd: string; lane: string | null; input: number; output: number };

type Call = { method: string; address: string; key: string; body: string | null; signal: AbortSignal };

const SHOWN_CHARS_MAX = 200_000;
const LOG_TRIES_MAX = 8;
const LOG_PAUSE_MS = 500;

/** Tells of the answer again with every piece of it that comes. To our own origin, without cookies: the key alone says who asks. */
export async function sendCall({ method, address, key, body, signal }: Call, tell: (answer: CallAnswer) => void): Promise<CallAnswer> {
  const startedMs = performance.now();
  const response = await fetch(address, {
    method,
    body,
    signal,
    credentials: "omit",
    headers: { ...(key && { authorization: `Bearer ${key}` }), ...(body !== null && { "content-type": "application/json" }) },
  });
  const answer: CallAnswer = {
    status: response.status,
    requestId: response.headers.get("x-request-id"),
    headers: [...response.headers],
    text: "",
    isCut: false,
    elapsedMs: 0,
    isWhole: false,
  };
  const told = (): CallAnswer => {
    answer.elapsedMs = performance.now() - startedMs;
    tell({ ...answer });
    return answer;
  };
  told();
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const piece = await reader?.read();
    if (!piece || piece.done) break;
    const room = SHOWN_CHARS_MAX - answer.text.length;
    answer.text += piece.value.slice(0, room);
    answer.isCut ||= piece.value.length > room;
    told();
  }
  answer.text = readable(answer);
  answer.isWhole = true;
  return told();
}

/** What the request log says of it; null: it does not say anything yet, or such requests are not logged. */
export async function readLoggedCost(requestId: string, key: string, signal: AbortSignal): Promise<LoggedCost | null> {
  for (let attempt = 0; attempt < LOG_TRIES_MAX; attempt += 1) {
    const response = await fetch(`/api/v1/requests/${encodeURIComponent(requestId)}`, {
      signal,
      credentials: "omit",
      headers: { authorization: `Bearer ${key}` },
    });
    if (response.ok) {
      const { id, costUsd, lane, tokens } = (await response.json()) as LoggedRequest;
      return {
        id,
        costUsd,
        lane: lane && (lane.label ?? lane.kind),
        input: tokens.freshInput + tokens.cachedInput + tokens.cacheWrite,
        output: tokens.output,
      };
    }
    if (response.status !== 404) return null;
    // The log is written behind the answer.
    await new Promise((resolve) => setTimeout(resolve, LOG_PAUSE_MS));
  }
  return null;
}

type LoggedRequest = {
  id: string;
  costUsd: string;
  lane: { kind: string; label: string | null } | null;
  tokens: { freshInput: number; cachedInput: number; cacheWrite: number; output: number };
};

function readable({ text, headers, isCut }: CallAnswer): string {
  const type = headers.find(([name]) => name === "content-type")?.[1] ?? "";
  if (isCut || !type.includes("json") || type.includes("ndjson")) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
