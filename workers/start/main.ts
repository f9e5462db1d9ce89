import { ConfigError } from "@/lib/config/load-config";
import { OperatorError } from "@/workers/shared/operator-error";
import { boot } from "@/workers/start/boot";
import { buildScreens } from "@/workers/start/build-screens";
import { listenForStop } from "@/workers/start/stop-signals";
import { Teardown } from "@/workers/start/teardown";

const NAME_WIDTH = 10;
const EXIT_FORCED = 130;

const teardown = new Teardown();
const stop = new AbortController();
const log = logOf("start");
let exitCode = 0;

// The terminal may be gone before we are.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
listenForStop({
  onStop: () => {
    log("stopping: running answers may finish (press again to cut them)");
    stop.abort();
  },
  onHurry: () => {
    log("stopping at once");
    exitCode = EXIT_FORCED;
    teardown.kill();
  },
});

try {
  await run();
} catch (error) {
  if (!stop.signal.aborted) fail(error);
}
await teardown.run().catch(fail);
log("stopped");
process.exit(exitCode);

async function run(): Promise<void> {
  if (process.argv.includes("--build")) return buildScreens({ log: logOf("build"), signal: stop.signal });
  const summary = await boot({
    env: process.env,
    dev: process.argv.includes("--dev"),
    logOf,
    teardown,
    signal: stop.signal,
    onGivenUp: (reason) => {
      fail(new OperatorError(`${reason}.`));
      stop.abort();
    },
  });
  process.stdout.write(`${summary}\n`);
  await new Promise((fulfil) => stop.signal.addEventListener("abort", fulfil, { once: true }));
}

function logOf(name: string): (line: string) => void {
  return (line) => process.stdout.write(`${name.padEnd(NAME_WIDTH)} | ${line}\n`);
}

/** A sentence for what the operator can mend, the whole error for what is our bug. */
function fail(error: unknown): void {
  exitCode ||= 1;
  if (error instanceof OperatorError) process.stderr.write(`\n${error.message}\n`);
  else if (error instanceof ConfigError)
    process.stderr.write(`\nThese settings are wrong:\n${error.problems.map((line) => `  ${line}\n`).join("")}`);
  else console.error(error);
}
