import { json, type PlainAnswer } from "@/workers/simulator/chatgpt/answers";
import type { ChatgptRequest, World } from "@/workers/simulator/chatgpt/world";
import type { RefreshRefusal } from "@/workers/simulator/chatgpt/sign-ins";
import { asObject } from "@/workers/simulator/openai/read-prompt";

/** `auth.openai.com`, as far as the device-code sign-in of Codex goes. */
const REFRESH_TEXT: Readonly<Record<RefreshRefusal, string>> = {
  refresh_token_expired: "Your refresh token has expired. Please log in again.",
  refresh_token_reused: "Your refresh token has already been used to generate a new access token. Please log in again.",
  refresh_token_invalidated: "Your refresh token has been invalidated. Please log in again.",
};
const POLL_S = 1;

export function answerSignIn(request: ChatgptRequest, world: World): PlainAnswer | null {
  if (request.method !== "POST") return null;
  const fields = readFields(request);
  switch (request.path) {
    case "/api/accounts/deviceauth/usercode": {
      const { deviceAuthId, userCode, expiresAt } = world.codes.start();
      return json({ device_auth_id: deviceAuthId, user_code: userCode, interval: String(POLL_S), expires_at: expiresAt.toISOString() });
    }
    case "/api/accounts/deviceauth/token":
      return pollCode(fields, world);
    case "/oauth/token":
      return fields.grant_type === "refresh_token" ? refresh(fields, world) : exchange(fields, world);
    case "/oauth/revoke":
      world.signIns.revokeToken(fields.token ?? "");
      return json({});
    default:
      return null;
  }
}

function pollCode(fields: Fields, { codes }: World): PlainAnswer {
  const { state, grant } = codes.poll(fields.device_auth_id ?? "", fields.user_code ?? "");
  if (grant) {
    return json({ authorization_code: grant.authorizationCode, code_challenge: grant.challenge, code_verifier: grant.verifier });
  }
  // Codex goes on asking after 403 and 404, and gives up after anything else.
  if (state === "pending") return refuse(403, "deviceauth_authorization_pending", "The code has not been approved yet.");
  if (state === "denied") return refuse(401, "access_denied", "The sign-in was denied.");
  return refuse(400, "expired_token", "The code is not valid any more.");
}

function exchange(fields: Fields, { codes, signIns, accounts }: World): PlainAnswer {
  if (fields.grant_type !== "authorization_code") return refuse(400, "unsupported_grant_type", "This grant type is not simulated.");
  const accountId = codes.redeem(fields.code ?? "", fields.code_verifier ?? "");
  const account = accountId === null ? null : accounts.find(accountId);
  if (account === null) return refuse(400, "invalid_grant", "The authorization code is not valid.");
  return json({ ...signIns.open(account), token_type: "Bearer" });
}

function refresh(fields: Fields, { signIns, accounts }: World): PlainAnswer {
  const refreshed = signIns.refresh(fields.refresh_token ?? "", (id) => accounts.find(id));
  return typeof refreshed === "string" ? refuse(401, refreshed, REFRESH_TEXT[refreshed]) : json({ ...refreshed, token_type: "Bearer" });
}

function refuse(status: number, code: string, message: string): PlainAnswer {
  return json({ error: { message, type: "invalid_request_error", param: null, code } }, status);
}

type Fields = Readonly<Record<string, string | undefined>>;

/** Codex sends JSON for some of them, and a form for others. */
function readFields({ headers, body, json: parsed }: ChatgptRequest): Fields {
  if (headers["content-type"]?.startsWith("application/x-www-form-urlencoded")) {
    return Object.fromEntries(new URLSearchParams(body.toString("utf8")));
  }
  const entries = Object.entries(asObject(parsed) ?? {});
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}
