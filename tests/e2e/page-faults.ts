import AxeBuilder from "@axe-core/playwright";
import type { Page } from "playwright-core";

/** Hidden from reading on purpose: they pass the focus on as soon as they get it. */
export const FOCUS_GUARDS = "[data-base-ui-focus-guard]";

type Exceptions = {
  /** Selector of what axe does not look at. */
  exclude?: string;
  /** Rules of axe that do not hold here. */
  disabledRules?: string[];
};

/** What axe finds on the page as it is open there, and whether it scrolls sideways; each line begins with `name`. */
export async function pageFaults(page: Page, name: string, { exclude, disabledRules = [] }: Exceptions = {}): Promise<string[]> {
  const axe = new AxeBuilder({ page }).disableRules(disabledRules);
  const { violations } = await (exclude === undefined ? axe : axe.exclude(exclude)).analyze();
  const found = violations.map(({ id, nodes }) => `${name}: ${id} ${nodes.map(({ html }) => html).join(" ")}`);
  if (await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth)) found.push(`${name}: scrolls sideways`);
  return found;
}

/** Of one address after the other, once it is there. `arrived` waits for what else is to be looked at, and may look at more itself. */
export async function faultsOf(
  page: Page,
  addresses: readonly string[],
  arrived?: (address: string, status: number | undefined) => Promise<void>,
): Promise<string[]> {
  const found: string[] = [];
  for (const address of addresses) {
    const answer = await page.goto(address);
    await page.getByRole("main").waitFor();
    const shown = new URL(page.url()).pathname;
    if (shown !== new URL(address, page.url()).pathname) found.push(`${address}: led to ${shown}`);
    await arrived?.(address, answer?.status());
    found.push(...(await pageFaults(page, address)));
  }
  return found;
}
