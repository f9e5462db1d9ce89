import { existsSync } from "node:fs";
import path from "node:path";
import { chromium, type Browser } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** No sandbox: it is not available in containers, and the tests open nothing but our own pages. */
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/**
 * A Chromium of this machine, else the one that an npm package carries: nothing has to be installed by hand. With a `debuggingPort`
 * other programs can drive it too.
 */
export async function launchBrowser({ debuggingPort }: { debuggingPort?: number } = {}): Promise<Browser> {
  const args = debuggingPort === undefined ? FLAGS : [...FLAGS, `--remote-debugging-port=${debuggingPort}`];
  return chromium.launch({ executablePath: findOnPath() ?? (await unpackChromium()), args });
}

/** Only the binary: the flags that the package recommends run it in one process, without web security. */
async function unpackChromium(): Promise<string> {
  const { default: chromiumPackage } = await import("@sparticuz/chromium");
  return chromiumPackage.executablePath();
}

function findOnPath(): string | null {
  const folders = (process.env["PATH"] ?? "").split(path.delimiter);
  for (const name of NAMES) {
    const found = folders.map((folder) => path.join(folder, name)).find((file) => existsSync(file));
    if (found) return found;
  }
  return null;
}
