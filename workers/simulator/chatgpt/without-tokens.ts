import { asObject } from "@/workers/simulator/openai/read-prompt";
import type { ChatgptRequest } from "@/workers/simulator/chatgpt/world";

const TOKEN_HEADERS = ["authorization", "proxy-authorization", "cookie"];
const TOKEN_FIELDS = new Set(["refresh_token", "token", "code", "code_verifier"]);

/** What of a request is kept: neither the record nor who reads it over HTTP holds a token. */
export function withoutTokens({ path, headers, body, json }: ChatgptRequest): Pick<ChatgptRequest, "headers" | "body" | "json"> {
  const shown = Object.fromEntries(Object.entries(headers).filter(([name]) => !TOKEN_HEADERS.includes(name)));
  if (!path.startsWith("/oauth/")) return { headers: shown, body, json };
  const fields = asObject(json) ?? Object.fromEntries(new URLSearchParams(body.toString("utf8")));
  const kept = Object.fromEntries(Object.entries(fields).filter(([name]) => !TOKEN_FIELDS.has(name)));
  return { headers: shown, body: Buffer.from(JSON.stringify(kept)), json: kept };
}
