import type { Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { startDesk } from "@/tests/e2e/desk";
import { inLook, LOOKS } from "@/tests/e2e/looks";
import { faultsOf } from "@/tests/e2e/page-faults";
import { approve, ask, connect, createCustomer, type Customer, runAdmin, shownCode } from "@/tests/e2e/product-desk";

const desk = startDesk();
let ada: Customer;

beforeAll(async () => {
  ada = await createCustomer(desk.product, "ada");
});

describe("a customer", () => {
  test("connects a simulated ChatGPT account by code, sees it signed in without reloading, and its request answered there", async () => {
    const page = await desk.openSignedIn(ada);
    await page.getByRole("link", { name: "Connect a ChatGPT account or key" }).click();
    const laneUrl = await connect(desk.product, page, "My ChatGPT");
    const code = await shownCode(page);
    await page.reload();
    expect(await shownCode(page)).toBe(code);
    await expect.poll(() => page.getByRole("timer").innerText()).toMatch(/^\d+:\d\d minutes$/);
    await approve(page, code, "ada@simulated.example");

    const answer = await ask(desk.product, ada.apiKey, { model: "gpt-5.5", input: "Say hello" });
    expect(answer.status).toBe(200);
    await page.goto("/dashboard");
    const row = page.getByRole("table", { name: "Last requests" }).getByRole("row").nth(1);
    expect(await row.innerText()).toContain("My ChatGPT");
    expect(await row.innerText()).toMatch(/\bplan\b/);
    expect(await row.innerText()).not.toContain("$0");

    await page.goto(`${laneUrl}/evidence`);
    expect(await page.getByLabel("Holds").count()).toBe(5);
    expect(await page.getByLabel("Broken").count()).toBe(0);
    expect(await page.getByText("chatgpt.com:443").count()).toBe(1);
  });

  test("cancels a sign-in, and finds the button to try again", async () => {
    const page = await desk.openSignedIn(ada, { at: "/dashboard/lanes/connect" });
    const laneUrl = await connect(desk.product, page, "Given up");
    await page.getByRole("button", { name: "Cancel the sign-in" }).click();
    await page.getByText("The sign-in was cancelled. Nothing was connected.").waitFor();
    await page.getByRole("button", { name: "Sign in again" }).waitFor();
    await removeLane(page, laneUrl, "Given up");
  });

  test("is told before the Codex CLI is refused, and lets the wallet answer it with one click", async () => {
    const page = await desk.openSignedIn(ada);
    const notice = page.getByText("With this API key they are refused as things stand:");
    await notice.waitFor();
    await page.getByRole("button", { name: /^Let the wallet answer: / }).click();
    await expect.poll(() => notice.count()).toBe(0);
    await page.goto("/dashboard/keys");
    await page.getByRole("link", { name: /^Options of / }).click();
    expect(await page.getByLabel("The wallet may take over too").nth(1).isChecked()).toBe(true);
    const audit = (await runAdmin(desk.product, ["key", "list", "--username", ada.username])) as { spillCannotToWallet: boolean }[];
    expect(audit).toMatchObject([{ spillCannotToWallet: true }]);
  });

  test("finds the meters of the windows as wide as the card, and no way to remove the wallet", async () => {
    const page = await desk.openSignedIn(ada, { at: "/dashboard/lanes", viewport: { width: 1280, height: 900 } });
    const item = page.getByRole("list", { name: "Lanes in their order" }).getByRole("listitem").first();
    const meter = await item.locator("meter").first().boundingBox();
    const details = await item.getByRole("heading").locator("xpath=../../..").boundingBox();
    expect(meter?.width).toBeGreaterThan((details?.width ?? 0) * 0.95);
    await page.getByRole("link", { name: "Details of Wallet" }).click();
    await page.getByRole("heading", { name: "Wallet" }).waitFor();
    expect(await page.getByText("Remove this lane").count()).toBe(0);
  });

  test("must declare every statement, and what was typed and ticked stays", async () => {
    const page = await desk.openSignedIn(ada, { at: "/dashboard/lanes/connect" });
    await page.getByLabel("Name of the lane").fill("Kept");
    await page.getByLabel(/is my own/).check();
    await page.getByRole("button", { name: "Go on to the sign-in" }).click();
    await page.getByText("Only your own work may run on it.").waitFor();
    expect(await page.getByLabel("Name of the lane").inputValue()).toBe("Kept");
    expect(await page.getByLabel(/is my own/).isChecked()).toBe(true);
    expect(await page.getByLabel(/own work only/).isChecked()).toBe(false);
  });

  test.each([true, false])("orders, pauses and resumes lanes with buttons (JavaScript: %s)", async (javaScriptEnabled) => {
    const username = `orders-${javaScriptEnabled}`;
    const customer = await createCustomer(desk.product, username);
    const page = await desk.openSignedIn(customer, { at: "/dashboard/lanes/add-key", javaScriptEnabled });
    await page.getByLabel("Name of the lane").fill("My key");
    await page.getByLabel("API key").fill("sk-made-up");
    await page.getByRole("button", { name: "Add the lane" }).click();
    await page.waitForURL("**/dashboard/lanes");
    const order = () => page.getByRole("list", { name: "Lanes in their order" }).getByRole("heading").allInnerTexts();
    await expect.poll(order).toEqual(["My key", "Wallet"]);
    await expect.poll(() => page.getByRole("button", { name: "My key is the first already" }).isDisabled()).toBe(true);
    await page.getByRole("button", { name: "Move My key down, to number 2" }).click();
    await expect.poll(order).toEqual(["Wallet", "My key"]);
    await page.getByRole("button", { name: "Move My key up, to number 1" }).click();
    await expect.poll(order).toEqual(["My key", "Wallet"]);
    await page.getByRole("button", { name: "Pause My key" }).click();
    await page.getByRole("button", { name: "Resume My key" }).click();
    await page.getByRole("button", { name: "Pause My key" }).waitFor();
  });

  test("chooses for a key what may take over from the Codex lanes", async () => {
    const page = await desk.openSignedIn(ada, { at: "/dashboard/keys" });
    await page.getByRole("link", { name: /^Options of / }).click();
    await page.getByLabel("Busy").selectOption("any");
    await page.getByLabel(/^Strict:/).check();
    await page
      .locator("form", { has: page.getByLabel("Busy") })
      .getByRole("button", { name: "Save" })
      .click();
    await page.getByText("Saved. It counts from the next request.").waitFor();
    expect(await page.getByLabel("Busy").inputValue()).toBe("any");
    expect(await page.getByLabel(/^Strict:/).isChecked()).toBe(true);
    await page.reload();
    await expect.poll(() => page.getByLabel("Busy").inputValue()).toBe("any");
    expect(await page.getByLabel(/^Strict:/).isChecked()).toBe(true);
  });

  test("says while making a key who answers the Codex CLI, where it matters; what was typed stays until then", async () => {
    const page = await desk.openSignedIn(ada, { at: "/dashboard/setup" });
    await page.getByLabel("Name of the key").fill("for Codex");
    await page.getByRole("button", { name: "Make a key" }).click();
    await page.getByText("Choose who answers the Codex CLI.").waitFor();
    expect(await page.getByLabel("Name of the key").inputValue()).toBe("for Codex");

    const choice = page.getByRole("group", { name: "What a ChatGPT lane cannot answer" });
    await page.getByLabel("Only these").check();
    await page.getByRole("checkbox", { name: /ChatGPT account/ }).uncheck();
    await expect.poll(() => choice.count()).toBe(0);
    await page.getByLabel("Every lane").check();
    await choice.getByLabel("The wallet answers").check();
    await page.getByRole("button", { name: "Make a key" }).click();
    await page.getByText("Your new key is in the commands below.").waitFor();
    expect(await choice.getByRole("radio").evaluateAll((radios) => radios.map((radio) => (radio as HTMLInputElement).checked))).toEqual([
      false,
      false,
    ]);
    const made = (await runAdmin(desk.product, ["key", "list", "--username", ada.username])) as { name: string }[];
    expect(made.find(({ name }) => name === "for Codex")).toMatchObject({ spillCannotToWallet: true });
  });

  test("who lets nobody answer the Codex CLI is told of it where that key is offered for a set-up, and nowhere else on the page", async () => {
    const page = await desk.openSignedIn(ada, { at: "/dashboard/setup" });
    await page.getByLabel("Name of the key").fill("for scripts");
    await page.getByLabel("Nobody").check();
    await page.getByRole("button", { name: "Make a key" }).click();
    await page.getByText("Your new key is in the commands below.").waitFor();
    const secret = /sk-sy-\w{43}/.exec(await page.getByRole("main").innerText())?.[0] ?? "";
    const notice = page.getByText("With this API key they are refused as things stand:");
    expect(await notice.count()).toBe(0);

    await page.getByRole("link", { name: "One that I have" }).click();
    const field = page.getByLabel("Your API key");
    await field.fill(ada.apiKey);
    await page.getByText("is in the commands below").waitFor();
    expect(await notice.count()).toBe(0);
    await field.fill(secret);
    await notice.waitFor();
    await page.getByRole("link", { name: "No API key on this machine" }).click();
    await page.getByLabel("Stands for the key").waitFor();
    await notice.waitFor();
    await page.getByRole("button", { name: "Let the wallet answer: for scripts" }).click();
    await expect.poll(() => notice.count()).toBe(0);
  });
});

describe("the operator", () => {
  test("switches all Codex lanes off with a reason, which their owners are told, and on again", async () => {
    const admin = await desk.openAdmin("operator", { at: "/admin/lanes" });
    await admin.getByRole("button", { name: "Switch all Codex lanes off" }).click();
    await admin.getByText("Say why: it stands in the audit log.").waitFor();
    await admin.getByLabel("Why").fill("an incident");
    await admin.getByRole("button", { name: "Switch all Codex lanes off" }).click();
    await admin.getByText("Codex lanes are off.").waitFor();
    const page = await desk.openSignedIn(ada, { at: "/dashboard/lanes" });
    await page.getByText("The operator has switched all Codex lanes off for now.").waitFor();
    await admin.getByLabel("Why").fill("it is over");
    await admin.getByRole("button", { name: "Switch Codex lanes on" }).click();
    await admin.getByText("Codex lanes are on again.").waitFor();
  });
});

test.each(LOOKS)("$width pixels wide and $colorScheme: no screen has an axe violation or scrolls sideways", async (look) => {
  const page = await desk.openSignedIn(ada, { at: "/dashboard/lanes", ...inLook(look) });
  const lanes = await page
    .getByRole("link", { name: /^Details of / })
    .evaluateAll((links) => links.map((link) => link.getAttribute("href")!));
  const screens = [
    "/dashboard",
    "/dashboard/lanes",
    "/dashboard/lanes/connect",
    "/dashboard/lanes/add-key",
    ...lanes,
    `${lanes[0]}/evidence`,
  ];
  const admin = await desk.openAdmin(`operator-${look.width}-${look.colorScheme}`, inLook(look));
  const found = [...(await faultsOf(page, screens)), ...(await faultsOf(admin, ["/admin/lanes", "/admin/outbox"]))];
  expect(found).toEqual([]);
});

async function removeLane(page: Page, laneUrl: string, label: string): Promise<void> {
  await page.goto(laneUrl);
  await page.getByText("Remove this lane").click();
  await page.getByLabel(`Type ${label} to confirm`).fill("something else");
  await page.getByRole("button", { name: `Remove ${label}` }).click();
  await page.getByText(`Type ${label} to remove this lane.`).first().waitFor();
  await page.getByLabel(`Type ${label} to confirm`).fill(label);
  await page.getByRole("button", { name: `Remove ${label}` }).click();
  await page.waitForURL("**/dashboard/lanes");
}
