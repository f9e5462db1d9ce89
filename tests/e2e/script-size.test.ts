import { mkdtempSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import type { Browser, BrowserContextOptions } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { launchBrowser } from "@/tests/e2e/browser";
import { connect, createCustomer, runAdmin, signIn } from "@/tests/e2e/product-desk";
import { READY, spawnProduct, type RunningProduct } from "@/tests/factories/start-product";

const SCRIPT_BYTES_MAX = 250 * 1024;

const folder = realpathSync(mkdtempSync(path.join(tmpdir(), "switchyard-script-size-")));
let product: RunningProduct;
let browser: Browser;

beforeAll(async () => {
  product = await spawnProduct(path.join(folder, "data"));
  [browser] = await Promise.all([launchBrowser(), product.said(READY)]);
});

afterAll(async () => {
  await browser?.close();
  await product?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test("every page of the dashboard and of the operator loads less script than 250 KB, compressed", async () => {
  const ada = await createCustomer(product, "ada");
  const context = await browser.newContext();
  onTestFinished(() => context.close());
  const page = await context.newPage();
  await signIn(product, page, ada);
  await page.waitForURL("**/dashboard");
  const laneId = path.basename(await connect(product, page, "My ChatGPT"));
  const headers = { authorization: `Bearer ${ada.apiKey}`, "content-type": "application/json" };
  // On the wallet alone: the other lane waits for its sign-in.
  const request = { method: "POST", headers, body: JSON.stringify({ model: "gpt-5.5", input: "Say hello" }) };
  await fetch(`${product.url}/v1/responses`, request);
  const log = (await (await fetch(`${product.url}/api/v1/requests?limit=1`, { headers })).json()) as { rows: { id: string }[] };
  const [key] = (await runAdmin(product, ["key", "list", "--username", "ada"])) as { id: string }[];
  const ids = { laneId, keyId: key?.id, requestId: log.rows[0]?.id, id: ada.userId };
  const customer = await context.storageState();

  await context.clearCookies();
  const { oneTimePassword } = (await runAdmin(product, ["admin", "create", "--username", "operator"])) as { oneTimePassword: string };
  await signIn(product, page, { username: "operator", password: oneTimePassword });
  await page.waitForURL("**/change-password");
  await page.getByLabel("New password", { exact: true }).fill("an operator's long password");
  await page.getByLabel("New password, once more").fill("an operator's long password");
  await page.getByRole("button", { name: "Set the password" }).click();
  await page.waitForURL("**/admin");
  const operator = await context.storageState();

  const sizes: Record<string, number> = {};
  for (const [group, storageState] of [
    ["(dashboard)", customer],
    ["(admin)", operator],
  ] as const) {
    for (const address of addressesIn(group, ids)) sizes[address] = await scriptBytes(address, storageState);
  }
  expect(Object.keys(sizes).length).toBeGreaterThan(20);
  expect(Object.entries(sizes).filter(([, bytes]) => bytes === 0 || bytes >= SCRIPT_BYTES_MAX)).toEqual([]);
}, 300_000);

/** Of every page in this folder of `app`, with the ids of what is there to look at. */
function addressesIn(group: string, ids: Record<string, string | undefined>): string[] {
  const files = readdirSync(path.join("app", group), { recursive: true, encoding: "utf8" });
  const pages = files.filter((file) => path.basename(file) === "page.tsx");
  return pages.map((file) =>
    `/${path.dirname(file)}`.replace(/\[(\w+)\]/g, (_, name: string) => {
      const id = ids[name];
      if (id === undefined) throw new Error(`nothing is there to show as ${name} on ${file}`);
      return id;
    }),
  );
}

/** In a context of its own: nothing comes from the browser's cache. */
async function scriptBytes(address: string, storageState: BrowserContextOptions["storageState"]): Promise<number> {
  const context = await browser.newContext({ storageState });
  const page = await context.newPage();
  const sizes: Promise<number>[] = [];
  page.on("response", (response) => {
    if (response.request().resourceType() === "script") sizes.push(response.body().then((body) => gzipSync(body).length));
  });
  expect((await page.goto(`${product.url}${address}`))?.status(), address).toBe(200);
  await page.waitForLoadState("networkidle");
  const total = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  await context.close();
  return total;
}
