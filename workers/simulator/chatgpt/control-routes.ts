import { z } from "zod";
import { json, type PlainAnswer } from "@/workers/simulator/chatgpt/answers";
import { type ChatgptControl, UnknownAccount } from "@/workers/simulator/chatgpt/control";
import type { ModelFault } from "@/workers/simulator/chatgpt/model-faults";
import type { ChatgptRequest, World } from "@/workers/simulator/chatgpt/world";
import { asObject } from "@/workers/simulator/openai/read-prompt";

/**
 * `ChatgptControl` as JSON over HTTP, on the plain port only:
 *   GET /control/{accounts,codes,requests,counts}, DELETE /control/requests
 *   POST /control/<verb> with the verb's fields, such as {"account":"ada@simulated.example","fault":{"kind":"usage_limit"},"count":1}
 */
const CONTROL = "/control/";

const account = z.string();
const userCode = z.string();
const window = z.object({
  minutes: z.number(),
  usedPercent: z.number().optional(),
  resetsAt: z.coerce.date().optional(),
  stepPercent: z.number().optional(),
});
const modelLimit = z.object({ limitId: z.string(), limitName: z.string(), models: z.array(z.string()), windows: z.array(window) });
const credits = z.object({ unlimited: z.boolean(), balance: z.number() }).nullable();

function verb<S extends z.ZodType>(schema: S, run: (control: ChatgptControl, fields: z.infer<S>) => unknown) {
  return (control: ChatgptControl, fields: unknown): unknown => run(control, schema.parse(fields));
}

const VERBS: Readonly<Record<string, (control: ChatgptControl, fields: unknown) => unknown>> = {
  approve: verb(z.object({ userCode, account }), (control, to) => ({ decision: control.approve(to.userCode, to.account) })),
  deny: verb(z.object({ userCode }), (control, to) => ({ decision: control.deny(to.userCode) })),
  "expire-code": verb(z.object({ userCode }), (control, to) => ({ decision: control.expireCode(to.userCode) })),
  "add-account": verb(
    z.object({
      email: z.string(),
      accountId: z.string().optional(),
      userId: z.string().optional(),
      plan: z.string().optional(),
      codexIncluded: z.boolean().optional(),
      windows: z.array(window).optional(),
      modelLimits: z.array(modelLimit).optional(),
      credits: credits.optional(),
    }),
    (control, to) => control.addAccount(to),
  ),
  "set-windows": verb(z.object({ account, windows: z.array(window) }), (control, to) => control.setWindows(to.account, to.windows)),
  "set-model-limits": verb(z.object({ account, limits: z.array(modelLimit) }), (control, to) =>
    control.setModelLimits(to.account, to.limits),
  ),
  "set-credits": verb(z.object({ account, credits }), (control, to) => control.setCredits(to.account, to.credits)),
  "set-plan": verb(z.object({ account, plan: z.string(), codexIncluded: z.boolean().optional() }), (control, to) =>
    control.setPlan(to.account, to),
  ),
  "set-step": verb(z.object({ account, stepPercent: z.number() }), (control, to) => control.setStep(to.account, to.stepPercent)),
  exhaust: verb(z.object({ account }), (control, to) => control.exhaust(to.account)),
  "reset-windows": verb(z.object({ account }), (control, to) => control.resetWindows(to.account)),
  revoke: verb(z.object({ account }), (control, to) => control.revoke(to.account)),
  "expire-access-tokens": verb(z.object({ account }), (control, to) => control.expireAccessTokens(to.account)),
  "refuse-refresh": verb(
    z.object({
      account,
      refusal: z.enum(["refresh_token_expired", "refresh_token_reused", "refresh_token_invalidated"]).nullable(),
    }),
    (control, to) => control.refuseRefresh(to.account, to.refusal),
  ),
  "next-calls": verb(
    // Which faults there are is `ModelFault`'s to say; an unknown kind is the caller's own mistake.
    z.object({
      account: account.nullable(),
      fault: z.custom<ModelFault>((value) => asObject(value) !== null),
      count: z.number().optional(),
    }),
    (control, to) => control.nextCalls(to.account, to.fault, to.count),
  ),
  "clear-faults": verb(z.unknown(), (control) => control.clearFaults()),
  release: verb(z.object({ count: z.number().optional() }), (control, to) => control.calls.release(to.count)),
};

export function answerControl(request: ChatgptRequest, world: World): PlainAnswer | null {
  if (!request.path.startsWith(CONTROL)) return null;
  const name = request.path.slice(CONTROL.length);
  if (request.method === "GET") {
    const found = look(name, world);
    return found === undefined ? json({ error: `There is no ${name}.` }, 404) : json(found);
  }
  if (request.method === "DELETE" && name === "requests") {
    world.requests.length = 0;
    return json({ ok: true });
  }
  const run = VERBS[name];
  if (request.method !== "POST" || run === undefined) return json({ error: `There is no ${request.method} ${name}.` }, 404);
  try {
    return json({ ok: true, result: run(world.control, request.json ?? {}) ?? null });
  } catch (error) {
    if (error instanceof UnknownAccount) return json({ error: error.message }, 404);
    if (error instanceof z.ZodError) return json({ error: z.prettifyError(error) }, 422);
    throw error;
  }
}

function look(name: string, { control, requests }: World): unknown {
  switch (name) {
    case "accounts":
      return control.accounts();
    case "codes":
      return control.pendingCodes();
    case "counts":
      return control.calls.counts;
    case "requests":
      return requests.map(({ body: _bytes, query, ...request }) => ({ ...request, query: Object.fromEntries(query) }));
    default:
      return undefined;
  }
}
