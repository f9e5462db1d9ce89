import { html, type PlainAnswer, seeOther } from "@/workers/simulator/chatgpt/answers";
import type { Decision } from "@/workers/simulator/chatgpt/device-codes";
import { escapeHtml, page } from "@/workers/simulator/chatgpt/page";
import type { SimulatedAccount } from "@/workers/simulator/chatgpt/simulated-accounts";
import type { ChatgptRequest, World } from "@/workers/simulator/chatgpt/world";

/** `auth.openai.com/codex/device`: where a person types the code and, instead of signing in, picks who they are. */
export const DEVICE_PATH = "/codex/device";
/** Between two looks whether an approved code has been collected, and how many there are. */
const LOOK_S = 1;
const LOOKS_MAX = 15;
const NEW_ACCOUNT = "new";
const PLANS = ["plus", "pro", "business", "free"];
const EMAIL = /^[^\s@]{1,64}@[^\s@]{1,190}$/;
const PROBLEM: Readonly<Record<Exclude<Decision, "done">, string>> = {
  unknown: "There is no such code. Codes are shown where you started to connect the account.",
  expired: "This code has expired. Start again where you got it.",
  decided: "This code has been used already. Start again where you got it.",
};

type Typed = { code: string; account: string; email: string; plan: string };

export function answerDevicePage(request: ChatgptRequest, world: World): PlainAnswer | null {
  if (request.path === DEVICE_PATH && request.method === "GET") {
    const typed = { code: request.query.get("user_code") ?? "", account: "", email: "", plan: "plus" };
    return html(form(typed, world.accounts.list(), null));
  }
  if (request.path === `${DEVICE_PATH}/done` && request.method === "GET") return html(done(request.query, world));
  if (request.path !== DEVICE_PATH || request.method !== "POST") return null;

  const fields = new URLSearchParams(request.body.toString("utf8"));
  const field = (name: string): string => (fields.get(name) ?? "").trim();
  const typed = { code: field("user_code"), account: field("account"), email: field("email"), plan: field("plan") };
  const problem = field("decision") === "deny" ? deny(typed, world) : approve(typed, world);
  if (problem !== null) return html(form(typed, world.accounts.list(), problem), 422);
  return seeOther(doneAddress(typed.code, 1));
}

function deny(typed: Typed, { codes }: World): string | null {
  const decision = codes.deny(typed.code);
  return decision === "done" ? null : PROBLEM[decision];
}

function approve(typed: Typed, { accounts, codes }: World): string | null {
  const isNew = typed.account === NEW_ACCOUNT;
  if (isNew && !EMAIL.test(typed.email)) return "Type the e-mail address of the new simulated account.";
  const email = isNew ? typed.email : typed.account;
  const known = accounts.find(email);
  if (!isNew && known === null) return "Choose an account.";
  // The code is looked at first: a wrong one makes no account.
  const waiting = codes.lookUp(typed.code);
  if (waiting !== "done") return PROBLEM[waiting];
  const plan = PLANS.includes(typed.plan) ? typed.plan : "plus";
  const account = known ?? accounts.add({ email, plan, codexIncluded: plan !== "free" });
  const decision = codes.approve(typed.code, account.accountId);
  return decision === "done" ? null : PROBLEM[decision];
}

function form(typed: Typed, accounts: readonly SimulatedAccount[], problem: string | null): string {
  const chosen = typed.account || accounts[0]?.email;
  const choices = accounts.map(
    (
      account,
    ) => `<label class="choice"><input type="radio" name="account" value="${escapeHtml(account.email)}"${account.email === chosen ? " checked" : ""}>
<span>${escapeHtml(account.email)} <span class="muted">${escapeHtml(planText(account))}</span></span></label>`,
  );
  return page(
    "Connect Codex",
    `<p class="muted">Enter the code that you were shown, and choose which simulated ChatGPT account it connects.</p>
${problem === null ? "" : `<p class="bad" id="problem" role="alert">${escapeHtml(problem)}</p>`}
<form method="post" action="${DEVICE_PATH}">
<p><label for="user_code">Code</label>
<input class="code" type="text" id="user_code" name="user_code" value="${escapeHtml(typed.code)}" maxlength="20" autocomplete="one-time-code" autocapitalize="characters" spellcheck="false" required autofocus${problem === null ? "" : ' aria-describedby="problem"'}></p>
<fieldset>
<legend>ChatGPT account</legend>
${choices.join("\n")}
<label class="choice"><input type="radio" name="account" value="${NEW_ACCOUNT}"${chosen === NEW_ACCOUNT ? " checked" : ""}> <span>Another one:</span></label>
<p><label for="email">E-mail</label> <input type="email" id="email" name="email" value="${escapeHtml(typed.email)}" autocomplete="off"></p>
<p><label for="plan">Plan</label> <select id="plan" name="plan">${PLANS.map((plan) => `<option value="${plan}"${plan === typed.plan ? " selected" : ""}>${plan === "free" ? "free, without Codex" : plan}</option>`).join("")}</select></p>
</fieldset>
<div class="buttons">
<button class="main" name="decision" value="approve">Approve</button>
<button name="decision" value="deny">Deny</button>
</div>
</form>`,
  );
}

function planText({ plan, codexIncluded }: SimulatedAccount): string {
  return codexIncluded ? plan : `${plan}, without Codex`;
}

/** An approved code connects nothing until Codex collects it, which it does not when the sign-in was cancelled meanwhile. */
function done(query: URLSearchParams, { codes }: World): string {
  const code = query.get("user_code") ?? "";
  const approved = "<p>The code has been approved.";
  switch (codes.stateOf(code)) {
    case "redeemed":
      return page("Connected", `${approved} You can close this page.</p>`);
    case "approved": {
      const look = Number(query.get("look"));
      if (look >= 1 && look < LOOKS_MAX) {
        return page("Approved", `${approved} Codex collects it within seconds.</p>`, {
          afterS: LOOK_S,
          address: doneAddress(code, look + 1),
        });
      }
      return page("Not connected", `${approved} Nobody has collected it: if you have cancelled the sign-in, nothing is connected.</p>`);
    }
    default:
      return page("Denied", "<p>You can close this page. Nothing has been connected.</p>");
  }
}

function doneAddress(code: string, look: number): string {
  return `${DEVICE_PATH}/done?${new URLSearchParams({ user_code: code, look: String(look) }).toString()}`;
}
