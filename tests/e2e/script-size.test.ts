import { readdirSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import type { BrowserContextOptions } from "playwright-core";
import { expect, test } from "vitest";
import { startDesk } from "@/tests/e2e/desk";
import { ask, connect, createCustomer, enter, enterAsNewAdmin, runAdmin } from "@/tests/e2e/product-desk";

const SCRIPT_BYTES_MAX = 250 * 1024;

const desk = startDesk();

test("every page of the dashboard and of the operator loads less script than 250 KB, compressed", async () => {
  const ada = await createCustomer(desk.product, "ada");
  // While the wallet is the only lane: another one may refuse while it waits for its sign-in.
  await ask(desk.product, ada.apiKey, { model: "gpt-5.5", input: "Say hello" });
  const [laneId, customer] = await desk.withPage(async (page) => {
    await enter(desk.product, page, ada);
    return [path.basename(await connect(desk.product, page, "My ChatGPT")), await page.context().storageState()];
  });
  const log = await fetch(`${desk.url}/api/v1/requests?limit=1`, { headers: { authorization: `Bearer ${ada.apiKey}` } });
  const { rows } = (await log.json()) as { rows: { id: string }[] };
  const [key] = (await runAdmin(desk.product, ["key", "list", "--username", "ada"])) as { id: string }[];
  const ids = { laneId, keyId: key?.id, requestId: rows[0]?.id, id: ada.userId };
  const operator = await desk.withPage(async (page) => {
    await enterAsNewAdmin(desk.product, page, "operator");
    return page.context().storageState();
  });

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
function scriptBytes(address: string, storageState: BrowserContextOptions["storageState"]): Promise<number> {
  return desk.withPage(
    async (page) => {
      const sizes: Promise<number>[] = [];
      page.on("response", (response) => {
        if (response.request().resourceType() === "script") sizes.push(response.body().then((body) => gzipSync(body).length));
      });
      expect((await page.goto(address))?.status(), address).toBe(200);
      expect(new URL(page.url()).pathname).toBe(address);
      await page.waitForLoadState("networkidle");
      return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    },
    { storageState },
  );
}
