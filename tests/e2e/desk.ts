import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";
import { launchBrowser } from "@/tests/e2e/browser";
import { type Customer, enter, enterAsNewAdmin } from "@/tests/e2e/product-desk";
import { READY, spawnProduct, type RunningProduct } from "@/tests/factories/start-product";

type Settings = Record<string, string>;

type DeskOptions = {
  /** Of the product; a function when they are known only after earlier hooks of the file. */
  settings?: Settings | (() => Settings);
  /** Whether a page fails its test too when it asks anybody but the product. */
  ownRequestsOnly?: boolean;
};

export type PageOptions = BrowserContextOptions & {
  /** Path to open. */
  at?: string;
  /** What the browser may complain of, because the test provokes it. */
  expectedComplaint?: string;
};

/** The whole product and a browser in front of it. */
export type Desk = {
  readonly product: RunningProduct;
  readonly url: string;
  /** Of this file of tests; the product keeps its data in it. */
  readonly folder: string;
  /** In a context of its own, where addresses are paths of the product. Whatever the browser complains about fails the test. */
  openPage: (options?: PageOptions) => Promise<Page>;
  /** The customer's dashboard, or what they open from there. */
  openSignedIn: (customer: Customer, options?: PageOptions) => Promise<Page>;
  openAdmin: (username: string, options?: PageOptions) => Promise<Page>;
  /** A page that nobody watches, until `act` is done: for what a test takes for granted. */
  withPage: <Result>(act: (page: Page) => Promise<Result>, options?: BrowserContextOptions) => Promise<Result>;
};

/** From before the first test of the file that calls this until after its last. */
export function startDesk({ settings = {}, ownRequestsOnly = false }: DeskOptions = {}): Desk {
  let folder = "";
  let product: RunningProduct | undefined;
  let browser: Browser | undefined;

  beforeAll(async () => {
    folder = realpathSync(mkdtempSync(path.join(tmpdir(), "switchyard-e2e-")));
    product = await spawnProduct(path.join(folder, "data"), typeof settings === "function" ? settings() : settings);
    [browser] = await Promise.all([launchBrowser(), product.said(READY)]);
  });
  afterAll(async () => {
    await browser?.close();
    await product?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const started = () => {
    if (!product || !browser) throw new Error("the product runs from the first test of a file to its last");
    return { product, browser };
  };
  const newContext = (options: BrowserContextOptions) => started().browser.newContext({ baseURL: started().product.url, ...options });

  async function openPage({ at, expectedComplaint, ...options }: PageOptions = {}): Promise<Page> {
    const context = await newContext(options);
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on("console", (message) => {
      const isExpected = expectedComplaint !== undefined && message.text().includes(expectedComplaint);
      if (["error", "warning"].includes(message.type()) && !isExpected) complaints.push(`${page.url()}: ${message.text()}`);
    });
    page.on("pageerror", (error) => complaints.push(`${page.url()}: ${error}`));
    page.on("request", (request) => {
      const { origin, protocol } = new URL(request.url());
      if (ownRequestsOnly && origin !== started().product.url && protocol !== "data:") complaints.push(`asks ${origin}`);
    });
    onTestFinished(async () => {
      await context.close();
      expect(complaints).toEqual([]);
    });
    if (at !== undefined) await page.goto(at);
    return page;
  }

  return {
    openPage,
    get folder() {
      return folder;
    },
    get product() {
      return started().product;
    },
    get url() {
      return started().product.url;
    },
    async openSignedIn(customer, { at, ...options } = {}) {
      const page = await openPage(options);
      await enter(started().product, page, customer);
      if (at !== undefined) await page.goto(at);
      return page;
    },
    async openAdmin(username, { at, ...options } = {}) {
      const page = await openPage(options);
      await enterAsNewAdmin(started().product, page, username);
      if (at !== undefined) await page.goto(at);
      return page;
    },
    async withPage(act, options = {}) {
      const context = await newContext(options);
      try {
        return await act(await context.newPage());
      } finally {
        await context.close();
      }
    },
  };
}
