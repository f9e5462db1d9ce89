import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import type { Locator, Page } from "playwright-core";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { codexBinary } from "@/tests/contract/harness/codex";
import { startDesk } from "@/tests/e2e/desk";
import { inLook, LOOKS } from "@/tests/e2e/looks";
import { faultsOf } from "@/tests/e2e/page-faults";
import { ask, createCustomer, type Customer } from "@/tests/e2e/product-desk";

/** Not under the temporary folder, where Codex leaves its sandbox helper out. */
const homes = path.join(import.meta.dirname, "../../.cache/codex-desks");
/** Keeps the test off the internet. */
const CONFIG = `check_for_update_on_startup = false
[analytics]
enabled = false
[features]
plugins = false
apps = false
`;
const RUN_MS_MAX = 120_000;
const desk = startDesk({ settings: { CODEX_LANES: "off" } });
let ada: Customer;

beforeAll(async () => {
  ada = await createCustomer(desk.product, "ada");
});

describe("the setup page", () => {
  test("gives a line with a new key in it, and ticks when the real Codex has asked its first question", async () => {
    const page = await desk.openSignedIn(ada, { at: "/dashboard/setup" });
    await page.getByText("Choose a key first").waitFor();
    await page.getByLabel("Name of the key").fill("my laptop");
    await page.getByRole("button", { name: "Make a key" }).click();
    await page.getByText("Waiting for the first request with this key").waitFor();
    const line = await shownLine(page, "the setup line");
    expect(line).toMatch(/^curl -fsSL \S+\/setup\.sh \| CODEXAPI_CODEX_API_KEY='sk-sy-\w{43}' sh$/);

    const home = newHome();
    expect((await runSh(home, line)).stdout).toContain("You said: Say hello");
    await page.getByText("We saw your first request").waitFor();
    const link = page.getByRole("link", { name: /^req_/ });
    const id = await link.innerText();
    await link.click();
    await page.waitForURL(`**/dashboard/requests/${id}`);
  });

  test("says what was wrong with a request that was not answered, and goes on waiting", async () => {
    const broke = await createCustomer(desk.product, `broke-${Date.now().toString(36)}`);
    const page = await desk.openSignedIn(broke, { at: "/dashboard/setup?key=paste&way=once" });
    await page.getByLabel("Your API key").fill(broke.apiKey);
    await page.getByText("is in the commands below").waitFor();
    const answer = await ask(desk.product, broke.apiKey, { model: "no-such-model", input: "hello" });
    expect(answer.status).toBe(404);
    await page.getByText("We saw a request, and it was not answered").waitFor();
    await runSh(newHome(), await shownLine(page, "the test line"));
    await page.getByText("We saw your first request").waitFor();
  });

  test("fills an own key in without sending it anywhere, and names one that is not the customer's", async () => {
    const page = await desk.openSignedIn(ada, { at: "/dashboard/setup?key=paste&way=once" });
    const sent: string[] = [];
    page.on("request", (request) => sent.push(`${request.url()} ${request.postData() ?? ""}`));
    const field = page.getByLabel("Your API key");
    await field.fill("sk-sy-somebody-else");
    await page.getByText("This is not the whole of one of your active keys.").waitFor();
    await field.fill(ada.apiKey);
    expect(await shownLine(page, "the start line")).toContain(ada.apiKey);
    await page.getByRole("tab", { name: "PowerShell" }).click();
    expect(await shownLine(page, "the start line")).toContain(`$env:CODEXAPI_CODEX_API_KEY='${ada.apiKey}'`);
    expect(sent.filter((text) => text.includes(ada.apiKey))).toEqual([]);
  });

  test("keeps the key while one looks at other ways, and the system over a reload", async () => {
    const page = await desk.openSignedIn(ada, { at: "/dashboard/setup" });
    await page.getByLabel("Name of the key").fill("another");
    await page.getByRole("button", { name: "Make a key" }).click();
    await page.getByText("Your new key is in the commands below.").waitFor();
    const [key = ""] = /sk-sy-\w{43}/.exec(await shownLine(page, "the setup line")) ?? [];
    await page.getByRole("link", { name: "Once" }).click();
    await page.waitForURL("**way=once");
    expect(await shownLine(page, "the start line")).toContain(key);
    await page.getByRole("button", { name: "Make another key" }).click();
    await page.getByText("Give a name, for example that of the machine.").waitFor();
    expect(await shownLine(page, "the start line")).toContain(key);
    await page.getByRole("tab", { name: "cmd" }).click();
    await page.reload();
    await page.getByRole("tab", { name: "cmd", selected: true }).waitFor();
    expect(await page.content()).not.toContain(key);
  });

  test("breaks a command between its words only, and a selection of it is the exact line", async () => {
    const page = await desk.openSignedIn(ada, { at: "/dashboard/setup?way=isolated", viewport: { width: 360, height: 900 } });
    const shown = page.getByRole("button", { name: "Copy the setup line", exact: true }).locator("xpath=../following-sibling::pre");
    const { text, rows } = await shown.evaluate((pre) => {
      getSelection()?.selectAllChildren(pre);
      const options = [...pre.querySelectorAll("span")].filter(({ innerText }) => innerText.startsWith("-"));
      const range = document.createRange();
      return {
        text: getSelection()?.toString(),
        rows: options.map((option) => {
          range.selectNodeContents(option);
          return range.getClientRects().length;
        }),
      };
    });
    expect(text).toBe(`curl -fsSL ${desk.url}/setup.sh | sh -s -- --isolated`);
    expect(rows).toEqual([1, 1, 1, 1]);
  });

  test("sets Codex up with a helper; revoked on the keys page, it gets nothing more", async () => {
    const page = await desk.openSignedIn(ada, { at: "/dashboard/setup?key=helper" });
    await page.getByLabel("Name of the machine").fill("build server");
    await page.getByRole("button", { name: "Make a helper" }).click();
    await page.getByText("secret is in the setup line below").waitFor();
    const home = newHome();
    const done = await runSh(home, await shownLine(page, "the setup line"));
    expect(done.stdout).toContain("You said: Say hello");
    await page.getByText("We saw your first request").waitFor();

    await page.goto("/dashboard/keys");
    const row = page.getByRole("table", { name: "Helpers" }).getByRole("row", { name: /build server/ });
    expect(await row.innerText()).not.toContain("Never used");
    await row.locator("summary").click();
    await row.getByRole("button", { name: "Revoke build server" }).click();
    await row.waitFor({ state: "detached" });
    await expect(runSh(home, 'codex exec --skip-git-repo-check "Say hello"')).rejects.toThrow("This helper was revoked");
  });
});

describe("the keys page", () => {
  test("makes a key with limits, shows its secret once, and changes, rotates and revokes it", async () => {
    const page = await desk.openSignedIn(ada, { at: "/dashboard/keys" });
    await page.getByRole("link", { name: "New key" }).click();
    await page.getByLabel("Name", { exact: true }).fill("ci");
    await page.getByLabel("Expires").selectOption("30");
    await page.getByText("Budgets, models, addresses and rates").click();
    await page.getByLabel("Per month").fill("a lot");
    await page.getByLabel("Addresses").fill("somewhere");
    await page.getByRole("button", { name: "Make the key" }).click();
    await page.getByText("Give US dollars like 5 or 12.50, or leave it empty.").waitFor();
    await page.getByText("Not an IP address or range: somewhere.").waitFor();
    expect(await page.getByLabel("Name", { exact: true }).inputValue()).toBe("ci");
    expect(await page.getByLabel("Expires").inputValue()).toBe("30");
    await page.getByLabel("Addresses").fill("");
    await page.getByLabel("Per month").fill("2.50");
    await page.getByRole("button", { name: "Make the key" }).click();
    await page.getByText("This is the only time that the key is shown.").waitFor();
    const secret = await page.getByText(/^sk-sy-\w{43}$/).innerText();
    expect(await statusOf(secret)).toBe(200);
    await page.getByRole("link", { name: "I have saved it" }).click();

    const row = page.getByRole("table", { name: "API keys" }).getByRole("row", { name: /ci/ });
    expect(await row.innerText()).toMatch(/sk-sy-\w{4}….*of \$2\.50.*active/s);
    expect(await page.content()).not.toContain(secret);
    await row.getByRole("link", { name: "Options of ci" }).click();
    await page.getByLabel("Per day").fill("0.01");
    await page.getByRole("button", { name: "Save the limits" }).click();
    await page.getByText("The budget per day pays for hardly anything").waitFor();
    await page.getByLabel("Per day").fill("");
    await page.getByLabel("Per month").fill("3");
    await page.getByLabel("Only these").check();
    await page.getByRole("button", { name: "Save the limits" }).click();
    await page.getByText("The budget per day pays for hardly anything").waitFor({ state: "detached" });
    await page.getByText("Saved. It counts from the next request.").waitFor();

    await page.getByLabel("The old key works").selectOption("1");
    await page.getByRole("button", { name: "Make a new secret" }).click();
    await page.getByText("This is the only time that the new key is shown.").waitFor();
    const renewed = await page.getByText(/^sk-sy-\w{43}$/).innerText();
    expect(await Promise.all([statusOf(secret), statusOf(renewed)])).toEqual([200, 200]);
    const rotated = page.url();
    await page.getByRole("link", { name: "I have saved it" }).click();
    await page.waitForURL((url) => url.href !== rotated);
    await page.getByText("of $3.00").waitFor();

    await page.getByLabel("Type ci to go on").fill("something else");
    await page.getByRole("button", { name: "Revoke ci" }).click();
    await page.getByText("Type the key's name, ci, to revoke it.").waitFor();
    expect(await statusOf(renewed)).toBe(200);
    await page.getByLabel("Type ci to go on").fill("ci");
    await page.getByRole("button", { name: "Revoke ci" }).click();
    await page.getByText("This key is revoked").waitFor();
    expect(await statusOf(renewed)).toBe(401);
  });

  test("works without JavaScript: a key is made, with what was typed kept after a mistake", async () => {
    const page = await desk.openSignedIn(ada, { at: "/dashboard/keys/new", javaScriptEnabled: false });
    await page.getByLabel("Name", { exact: true }).fill("by hand");
    await page.getByLabel("Only these").check();
    await page.getByLabel(/Wallet/).uncheck();
    await page.getByRole("button", { name: "Make the key" }).click();
    await page.getByText("Tick at least one lane, or choose every lane.").waitFor();
    expect(await page.getByLabel("Name", { exact: true }).inputValue()).toBe("by hand");
    await page.getByLabel(/Wallet/).check();
    await page.getByRole("button", { name: "Make the key" }).click();
    expect(await statusOf(await page.getByText(/^sk-sy-\w{43}$/).innerText())).toBe(200);
  });

  test("somebody else's key does not exist", async () => {
    const other = await createCustomer(desk.product, `other-${Date.now().toString(36)}`);
    const page = await desk.openSignedIn(other, { at: "/dashboard/keys" });
    const href = await page.getByRole("link", { name: /^Options of/ }).getAttribute("href");
    const mine = await desk.openSignedIn(ada, { expectedComplaint: "404" });
    expect((await mine.goto(`${desk.url}${href}`))?.status()).toBe(404);
    const answer = await fetch(`${desk.url}/api/v1/keys/${href?.split("/").at(-1)}/last-request`, {
      headers: { authorization: `Bearer ${ada.apiKey}` },
    });
    expect(answer.status).toBe(404);
  });
});

test("programs find the provider's configuration without a key, and nothing secret in it", async () => {
  const config = (await (await fetch(`${desk.url}/api/v1/cli/public-codex`)).json()) as Record<string, string>;
  expect(config).toMatchObject({
    providerId: "codexapi",
    baseUrl: `${desk.url}/v1`,
    wireApi: "responses",
    envKey: "CODEXAPI_CODEX_API_KEY",
  });
  const home = newHome(config["configToml"]);
  const ran = await runSh(home, `CODEXAPI_CODEX_API_KEY='${ada.apiKey}' codex exec --skip-git-repo-check -m gpt-5.5 "Say hello"`);
  expect(ran.stdout).toContain("You said: Say hello");
  for (const script of ["setup.sh", "setup.ps1"]) {
    const answer = await fetch(`${desk.url}/${script}`);
    expect(answer.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(await answer.text()).toContain(`${desk.url}/v1`);
  }
});

describe("every screen", () => {
  test.each(LOOKS)("$width pixels wide and $colorScheme: no axe violation and no sideways scroll", async (look) => {
    const page = await desk.openSignedIn(ada, { at: "/dashboard/keys", ...inLook(look) });
    const key = await page
      .getByRole("link", { name: /^Options of/ })
      .first()
      .getAttribute("href");
    const screens = [
      "/dashboard/keys",
      "/dashboard/keys/new",
      key!,
      "/dashboard/setup",
      "/dashboard/setup?key=paste&way=once",
      "/dashboard/setup?key=helper",
    ];
    const found = await faultsOf(page, screens, async () => {
      for (const summary of await page.locator("main summary").all()) if (await summary.isVisible()) await summary.click();
    });
    expect(found).toEqual([]);
  });
});

/** What the copy button of that name would copy, as it stands on the screen. */
async function shownLine(page: Page, what: string): Promise<string> {
  const button: Locator = page.getByRole("button", { name: `Copy ${what}`, exact: true });
  // For a moment after a change of the tab both panels are there.
  await expect.poll(() => button.count()).toBe(1);
  return button.locator("xpath=../following-sibling::pre").innerText();
}

async function statusOf(apiKey: string): Promise<number> {
  return (await fetch(`${desk.url}/api/v1/me`, { headers: { authorization: `Bearer ${apiKey}` } })).status;
}

/** Somebody's home folder, with Codex never used before. */
function newHome(config = ""): string {
  mkdirSync(homes, { recursive: true });
  const home = mkdtempSync(path.join(homes, "e2e-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  mkdirSync(path.join(home, ".codex"));
  writeFileSync(path.join(home, ".codex/config.toml"), `${config}\n${CONFIG}`);
  return home;
}

/** Fails with what the line has said when it does not end well. */
async function runSh(home: string, line: string): Promise<{ stdout: string; stderr: string }> {
  const env = {
    NODE_ENV: process.env.NODE_ENV,
    PATH: `${path.dirname(await codexBinary())}:${process.env["PATH"]}`,
    HOME: home,
    SHELL: "/bin/bash",
    LANG: "C.UTF-8",
  };
  const running = promisify(execFile)("sh", ["-c", line], { cwd: home, env, timeout: RUN_MS_MAX });
  running.child.stdin?.end();
  return running;
}
