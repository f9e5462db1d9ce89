// Runs one worker on plain Node: `node workers/run.mjs <worker> [arguments]`. Compiles our own TypeScript first when a source
// is newer than the last build; everything from node_modules stays outside of the bundle.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const NODE_MIN = [20, 20];
const BUILDS_KEPT = 3;

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const buildRoot = path.join(root, ".build");
const stampFile = path.join(buildRoot, "workers.json");

await main();

async function main() {
  const [name] = process.argv.slice(2);
  refuseOldNode();
  const workers = readdirSync(path.join(root, "workers")).filter((folder) => existsSync(entryOf(folder)));
  if (!name || !workers.includes(name)) fail(`Usage: node workers/run.mjs <${workers.join("|")}> [arguments]`);
  // Settings such as the data folder are relative to the project, wherever the command was given.
  process.chdir(root);
  const folder = readFreshBuild(workers) ?? (await build(workers));
  const file = path.join(folder, `${name}.mjs`);
  // The worker sees its own arguments where a program of its own would see them.
  process.argv.splice(1, 2, file);
  process.setSourceMapsEnabled(true);
  await import(pathToFileURL(file).href);
}

function refuseOldNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1])) return;
  fail(
    `Switchyard needs Node ${NODE_MIN.join(".")} or newer; this is ${process.versions.node}. Get a current one from https://nodejs.org.`,
  );
}

function entryOf(worker) {
  return path.join(root, "workers", worker, "main.ts");
}

/** The folder of the last build when none of its sources has changed since. */
function readFreshBuild(workers) {
  if (!existsSync(stampFile)) return null;
  const stamp = JSON.parse(readFileSync(stampFile, "utf8"));
  if (stamp.workers.join() !== workers.join() || !existsSync(stamp.folder)) return null;
  const isFresh = Object.entries(stamp.sources).every(([source, mark]) => markOf(source) === mark);
  return isFresh ? stamp.folder : null;
}

function markOf(source, builtAfter = Infinity) {
  const stat = statSync(path.join(root, source), { throwIfNoEntry: false });
  // Changed while it was compiled: matches nothing, so the next run compiles again.
  if (stat && stat.mtimeMs >= builtAfter) return "changing";
  return stat ? `${stat.mtimeMs}:${stat.size}` : "gone";
}

/** Each build has a folder of its own, so that processes which still run an older one keep their files. */
async function build(workers) {
  const startedAt = Date.now();
  const { build: bundle } = await import("esbuild").catch(() => fail("The dependencies are not installed. Run: npm ci"));
  const draft = path.join(buildRoot, `draft-${process.pid}`);
  rmSync(draft, { recursive: true, force: true });
  const result = await bundle({
    entryPoints: Object.fromEntries(workers.map((worker) => [worker, entryOf(worker)])),
    outdir: draft,
    outExtension: { ".js": ".mjs" },
    absWorkingDir: root,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    packages: "external",
    sourcemap: "linked",
    metafile: true,
    logLevel: "error",
  }).catch(() => fail("The workers could not be compiled."));
  const sources = Object.fromEntries(
    [...Object.keys(result.metafile.inputs), "package-lock.json", "workers/run.mjs"].map((source) => [source, markOf(source, startedAt)]),
  );
  const digest = createHash("sha256").update(JSON.stringify(sources)).digest("hex").slice(0, 12);
  const folder = path.join(buildRoot, `workers-${digest}`);
  if (existsSync(folder)) rmSync(draft, { recursive: true });
  else renameSync(draft, folder);
  const stamp = `${stampFile}.${process.pid}`;
  mkdirSync(buildRoot, { recursive: true });
  writeFileSync(stamp, JSON.stringify({ workers, sources, folder }));
  renameSync(stamp, stampFile);
  removeOldBuilds(folder);
  return folder;
}

function removeOldBuilds(current) {
  const builds = readdirSync(buildRoot)
    .filter((name) => name.startsWith("workers-"))
    .map((name) => path.join(buildRoot, name))
    .filter((folder) => folder !== current)
    .toSorted((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  for (const folder of builds.slice(BUILDS_KEPT - 1)) rmSync(folder, { recursive: true, force: true });
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
