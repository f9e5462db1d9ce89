import { request } from "undici";
import type { Reader } from "@/db/client";
import { AppError } from "@/lib/errors/app-error";
import { guardedAgent } from "@/lib/http/guarded-agent";
import { checkOwnUpstream, type OwnUpstream } from "@/lib/lanes/check-own-upstream";

const TIMEOUT_MS = 10_000;
/** A list of models is some tens of KiB at the most upstreams. */
const BODY_BYTES_MAX = 2 * 1024 * 1024;
const DETAIL_LENGTH_MAX = 200;

/**
 * Asks the upstream for its models, with the key: it costs nothing, and only whoever holds a good key is told. Throws
 * `request_invalid` with the field that is at fault. Not to be called inside a transaction.
 */
export async function tryApiKey(reader: Reader, input: OwnUpstream): Promise<void> {
  const upstream = await checkOwnUpstream(reader, input);
  const { host } = new URL(upstream.baseUrl);
  const { status, body } = await ask(upstream).catch((error: unknown) => {
    if (error instanceof AppError) throw error;
    throw refused("baseUrl", `No answer from ${host}: ${reasonOf(error)}. Check the address.`);
  });
  const told = tellsMore(body);
  if (status === 401 || status === 403) {
    throw refused("secret", `${host} refuses this key: it answered ${status}${told}. Check the key and paste it again.`);
  }
  if (status !== 200) {
    throw refused("baseUrl", `${host} answered ${status} when it was asked for its models${told}. Check the address, with its /v1.`);
  }
  if (parse(body) === null) {
    throw refused("baseUrl", `${host} answered, but not with a list of models. Check the address, with its /v1.`);
  }
}

async function ask({ baseUrl, secret, allow }: OwnUpstream): Promise<{ status: number; body: string }> {
  const agent = guardedAgent({ allow });
  try {
    const reply = await request(`${baseUrl}/models`, {
      dispatcher: agent,
      headers: { authorization: `Bearer ${secret}`, accept: "application/json" },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of reply.body as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > BODY_BYTES_MAX) throw new Error(`its answer is above ${BODY_BYTES_MAX} bytes`);
      chunks.push(chunk);
    }
    return { status: reply.statusCode, body: Buffer.concat(chunks).toString("utf8") };
  } finally {
    await agent.destroy();
  }
}

/** What the upstream says itself, in OpenAI's envelope. */
function tellsMore(body: string): string {
  const error = parse(body)?.["error"] as Record<string, unknown> | undefined;
  const message = error?.["message"];
  if (typeof message !== "string" || message === "") return "";
  const line = message.replace(/\p{Cc}+/gu, " ").trim();
  return ` (“${line.length > DETAIL_LENGTH_MAX ? `${line.slice(0, DETAIL_LENGTH_MAX)}…` : line}”)`;
}

/** Null: it is neither a JSON object nor a JSON array. */
function parse(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" ? (value as Record<string, unknown> | null) : null;
  } catch {
    return null;
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.name === "TimeoutError" ? `none within ${TIMEOUT_MS / 1000} s` : error.message || error.name;
}

function refused(param: "baseUrl" | "secret", message: string): AppError {
  return new AppError("request_invalid", message, { param });
}
