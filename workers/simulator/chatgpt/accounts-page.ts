import { html, type PlainAnswer, seeOther } from "@/workers/simulator/chatgpt/answers";
import { DEVICE_PATH } from "@/workers/simulator/chatgpt/device-page";
import { escapeHtml, page } from "@/workers/simulator/chatgpt/page";
import type { SimulatedAccount, SimulatedWindow } from "@/workers/simulator/chatgpt/simulated-accounts";
import type { ChatgptRequest, World } from "@/workers/simulator/chatgpt/world";

/** The plain port's first page: a person sees the simulated accounts, and uses up or reopens their windows to watch lanes change. */
const ACTIONS: Readonly<Record<string, (world: World, account: string) => void>> = {
  exhaust: ({ control }, account) => control.exhaust(account),
  reset: ({ control }, account) => control.resetWindows(account),
  revoke: ({ control }, account) => control.revoke(account),
};

export function answerAccountsPage(request: ChatgptRequest, world: World): PlainAnswer | null {
  if (request.path !== "/") return null;
  if (request.method === "GET") return html(list(world.accounts.list()));
  if (request.method !== "POST") return null;
  const fields = new URLSearchParams(request.body.toString("utf8"));
  const act = ACTIONS[fields.get("action") ?? ""];
  const account = world.accounts.find(fields.get("account") ?? "");
  if (act && account) act(world, account.accountId);
  return seeOther("/");
}

function list(accounts: readonly SimulatedAccount[]): string {
  const sections = accounts.map(
    (account) => `<fieldset>
<legend>${escapeHtml(account.email)}</legend>
<p>${escapeHtml(account.plan)}${account.codexIncluded ? "" : ", without Codex"}</p>
<ul>${account.windows.map((window) => `<li>${escapeHtml(windowText(window))}</li>`).join("")}</ul>
<form method="post" action="/" class="buttons">
<input type="hidden" name="account" value="${escapeHtml(account.accountId)}">
<button name="action" value="exhaust">Use up the window</button>
<button name="action" value="reset">Reset the windows</button>
<button name="action" value="revoke">Sign out everywhere</button>
</form>
</fieldset>`,
  );
  return page(
    "Simulated ChatGPT accounts",
    `<p class="muted">Every simulated call uses a little of an account's windows. <a href="${DEVICE_PATH}">Enter a code to connect one</a>.</p>
<p class="muted">Resetting windows tells nobody, as it is with OpenAI: choose “Check now” on the account's lane, or wait until the gateway looks by itself.</p>\n${sections.join("\n")}`,
  );
}

function windowText({ minutes, usedPercent, resetsAt }: SimulatedWindow): string {
  const length = minutes % 1440 === 0 ? `${minutes / 1440} days` : minutes % 60 === 0 ? `${minutes / 60} hours` : `${minutes} minutes`;
  return `${length}: ${Math.floor(usedPercent)} % used, resets ${resetsAt.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
