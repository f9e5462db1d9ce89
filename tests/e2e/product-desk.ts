import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import type { RunningProduct } from "@/tests/factories/start-product";

/** What an operator and a customer do with a running product, as a person would: on the command line and in a browser. */
export type Customer = { userId: string; username: string; password: string; apiKey: string };

/** The container has to start, and OpenAI to be asked, before a code is there. */
const CODE_TIMEOUT_MS = 60_000;
const ADMIN_PASSWORD = "a long password of an operator";
const CODE = /^[A-Z0-9]{4}-[A-Z0-9]{4,5}$/;

export async function runAdmin(product: RunningProduct, given: readonly string[], stdin = ""): Promise<unknown> {
  const running = promisify(execFile)(process.execPath, ["workers/run.mjs", "admin", ...given, "--json"], {
    env: { ...process.env, SWITCHYARD_DATA_DIR: product.dataDir },
  });
  running.child.stdin?.end(stdin);
  return JSON.parse((await running).stdout);
}

export async function createCustomer(product: RunningProduct, username: string): Promise<Customer> {
  return (await runAdmin(product, ["customer", "create", "--username", username, "--credit-usd", "10"])) as Customer;
}

export async function signIn(
  product: RunningProduct,
  page: Page,
  { username, password }: Pick<Customer, "username" | "password">,
): Promise<void> {
  await page.goto(`${product.url}/sign-in`);
  await page.getByLabel("Username or e-mail").fill(username);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** As `signIn` does, until the dashboard is there. */
export async function enter(product: RunningProduct, page: Page, customer: Pick<Customer, "username" | "password">): Promise<void> {
  await signIn(product, page, customer);
  await page.waitForURL("**/dashboard");
}

/** Made on the command line, and signed in with the one-time password, up to where another one has to be chosen. */
export async function signInAsNewAdmin(product: RunningProduct, page: Page, username: string): Promise<void> {
  const { oneTimePassword } = (await runAdmin(product, ["admin", "create", "--username", username])) as { oneTimePassword: string };
  await signIn(product, page, { username, password: oneTimePassword });
  await page.waitForURL("**/change-password");
}

/** As `signInAsNewAdmin` does, until the admin's screens are there. */
export async function enterAsNewAdmin(product: RunningProduct, page: Page, username: string): Promise<void> {
  await signInAsNewAdmin(product, page, username);
  await choosePassword(page, ADMIN_PASSWORD);
  await page.waitForURL("**/admin");
}

export async function choosePassword(page: Page, password: string): Promise<void> {
  await page.getByLabel("New password", { exact: true }).fill(password);
  await page.getByLabel("New password, once more").fill(password);
  await page.getByRole("button", { name: "Set the password" }).click();
}

/** What a program asks of the gateway with this key. */
export function ask({ url }: RunningProduct, apiKey: string, body: object): Promise<Response> {
  return fetch(`${url}/v1/responses`, {
    method: "POST",
    headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

/** From the form to the lane's page; returns its address. */
export async function connect(product: RunningProduct, page: Page, label: string): Promise<string> {
  if (!page.url().endsWith("/connect")) await page.goto(`${product.url}/dashboard/lanes/connect`);
  await page.getByLabel("Name of the lane").fill(label);
  for (const box of await page.getByRole("checkbox").all()) await box.check();
  await page.getByRole("button", { name: "Go on to the sign-in" }).click();
  await page.waitForURL("**/dashboard/lanes/lane_*");
  return page.url();
}

/** The code, as soon as it is shown. */
export async function shownCode(page: Page): Promise<string> {
  return page.locator("code").filter({ hasText: CODE }).innerText({ timeout: CODE_TIMEOUT_MS });
}

/** On the simulator's own page, which opens beside ours; `email` is one of its accounts. */
export async function approve(page: Page, code: string, email: string): Promise<void> {
  const [simulated] = await Promise.all([
    page.context().waitForEvent("page"),
    page.getByRole("link", { name: "Open the simulated sign-in page" }).click(),
  ]);
  expect(await simulated.getByRole("textbox", { name: "Code" }).inputValue()).toBe(code);
  await simulated.locator(`input[name=account][value="${email}"]`).check();
  await simulated.getByRole("button", { name: "Approve" }).click();
  await simulated.getByText("The code has been approved.").waitFor();
  await simulated.close();
  await page.getByText(/^Signed in as /).waitFor({ timeout: CODE_TIMEOUT_MS });
}

/** The simulated ChatGPT's knobs, over its own loopback port. */
export async function control(product: RunningProduct, verb: string, body: unknown): Promise<void> {
  const answer = await fetch(`${simulatedChatgpt(product)}/control/${verb}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  expect(answer.status, await answer.text()).toBe(200);
}

/** Of the simulated provider, with `/v1`. */
export function simulatedOpenai(product: RunningProduct): string {
  return printedUrl(product, /Simulated OpenAI .* at (http:\S+)\/v1,/) + "/v1";
}

function simulatedChatgpt(product: RunningProduct): string {
  return printedUrl(product, /Simulated ChatGPT .* at (http:[^\s,]+),/);
}

function printedUrl(product: RunningProduct, pattern: RegExp): string {
  const url = pattern.exec(product.output())?.[1];
  if (url === undefined) throw new Error(`the product has not said ${pattern.source}`);
  return url;
}
