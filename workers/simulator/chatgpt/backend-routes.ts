import { json, type PlainAnswer, refused } from "@/workers/simulator/chatgpt/answers";
import { codexNotIncluded, detail, tokenExpired, tokenInvalidated, tokenMissing } from "@/workers/simulator/chatgpt/backend-refusals";
import { codexModelRows } from "@/workers/simulator/chatgpt/codex-model-rows";
import { limitHeaders, usageLimitReached, usagePayload } from "@/workers/simulator/chatgpt/limits-on-the-wire";
import { behaviourFor } from "@/workers/simulator/chatgpt/model-faults";
import { closedLimit, type SimulatedAccount } from "@/workers/simulator/chatgpt/simulated-accounts";
import type { ChatgptRequest, World } from "@/workers/simulator/chatgpt/world";
import type { Refusal } from "@/workers/simulator/openai/behaviour";
import { CODEX_MODELS } from "@/workers/simulator/openai/model-list";
import { asObject, type JsonObject } from "@/workers/simulator/openai/read-prompt";
import { createResponse } from "@/workers/simulator/openai/responses-route";
import { type Answer, refuse } from "@/workers/simulator/openai/send-answer";

/** `chatgpt.com/backend-api`, as far as a signed-in Codex calls it. */
const BACKEND = "/backend-api";
/** The API takes them, the ChatGPT backend refuses them. */
const UNSUPPORTED = ["max_output_tokens", "temperature", "top_p", "user", "metadata", "previous_response_id"];

export function answerBackend(request: ChatgptRequest, world: World): PlainAnswer | Answer | null {
  if (!request.path.startsWith(`${BACKEND}/`)) return null;
  const route = `${request.method} ${request.path.slice(BACKEND.length)}`;
  const signedIn = checkToken(request, world);
  if ("refusal" in signedIn) return refused(signedIn.refusal);
  const { account } = signedIn;
  request.accountId = account.accountId;
  switch (route) {
    case "POST /codex/responses":
      return answerModelCall(request, account, world);
    case "GET /codex/models":
      return json({ models: codexModelRows() }, 200, { etag: '"simulated-1"' });
    case "GET /wham/accounts/check":
      return json(accountsCheck(account, request.host === "chatgpt.com" ? "https://chatgpt.com" : world.tlsOrigin));
    case "GET /wham/usage":
      return json(usagePayload(account, world.clock.now()));
    case "GET /wham/settings/user":
      return json({});
    case "POST /codex/analytics-events/events":
      return json({});
    default:
      // Plugins, connectors and profiles: Codex does without.
      return refused(detail(404, "Not Found"));
  }
}

function checkToken({ headers }: ChatgptRequest, { signIns, accounts }: World): { account: SimulatedAccount } | { refusal: Refusal } {
  const token = /^Bearer (\S+)$/i.exec(headers.authorization ?? "")?.[1];
  if (token === undefined) return { refusal: tokenMissing() };
  const access = signIns.check(token);
  if (access.kind === "expired") return { refusal: tokenExpired() };
  const account = access.kind === "valid" ? accounts.find(access.accountId) : null;
  if (account === null) return { refusal: tokenInvalidated() };
  const named = headers["chatgpt-account-id"];
  if (named !== undefined && named !== account.accountId) return { refusal: detail(403, "The account does not belong to this token.") };
  return { account };
}

function accountsCheck(account: SimulatedAccount, origin: string) {
  const entry = {
    id: account.accountId,
    name: "Personal",
    plan_type: account.plan,
    structure: "personal",
    profile_picture_url: null,
    workspace_backend_origin: origin,
    account_routing_override: "NO_CONSTRAINT",
  };
  return { accounts: [entry], account_ordering: [account.accountId], default_account_id: account.accountId };
}

function answerModelCall(request: ChatgptRequest, account: SimulatedAccount, world: World): Answer {
  const { control, accounts, clock } = world;
  const body = asObject(request.json);
  const problem = body === null ? "Input must be JSON." : problemOf(body);
  if (body === null || problem !== null) return refuse(detail(400, problem ?? ""), {});
  const model = String(body.model);

  const now = clock.now();
  // A stream whose window fills in its middle began with the headers of before.
  const headersBefore = limitHeaders(account, model);
  const fault = control.takeFault(account.accountId);
  const behaviour = fault === null ? control.calls.take(request) : behaviourFor(fault, { account, model, now });
  if (behaviour?.refuse) return refuse(behaviour.refuse, behaviour);
  if (!account.codexIncluded) return refuse(codexNotIncluded(account.plan), {});
  const fillsInStream = fault?.kind === "usage_limit_in_stream";
  const closed = fillsInStream ? null : closedLimit(account, model);
  if (closed !== null) return refuse(usageLimitReached(account, now, { model, limit: closed === "account" ? null : closed }), {});

  const answer = createResponse(body, account.accountId, behaviour, { ...world, eventsPerStream: control.calls.events });
  if (answer.kind !== "stream") return answer;
  if (!fillsInStream) accounts.charge(account, model);
  const headers = fillsInStream ? headersBefore : limitHeaders(account, model);
  return { ...answer, behaviour: { ...answer.behaviour, headers: { ...headers, ...answer.behaviour.headers } } };
}

/** In the backend's own words; null: nothing wrong. */
function problemOf(body: JsonObject): string | null {
  if (body.stream !== true) return "Stream must be set to true";
  if (body.store !== false) return "Store must be set to false";
  const unsupported = UNSUPPORTED.find((name) => body[name] !== undefined && body[name] !== null);
  if (unsupported !== undefined) return `Unsupported parameter: ${unsupported}`;
  if (typeof body.model !== "string" || !CODEX_MODELS.includes(body.model)) {
    return `The '${String(body.model)}' model is not supported when using Codex with a ChatGPT account.`;
  }
  return null;
}
