import path from "node:path";

/*
 * The arrows of the architecture and a few rules that no linter knows, over the text of our own files.
 * Imports are found by their shape: sources are formatted before this runs, so each statement begins its line.
 */

export type SourceFile = { path: string; text: string };
export type Violation = { path: string; line: number; message: string };

type Zone = "app" | "components" | "core" | "domain" | "config" | "runtime" | "db" | "workers" | "tests" | "tooling";
type Import = { specifier: string; typeOnly: boolean; reExport: boolean; line: number };

const CORE = ["errors", "time", "money", "ids", "access", "http", "openai", "pricing", "metering", "turns", "gateway", "site"];
const DOMAINS = [
  "crypto",
  "mail",
  "audit",
  "settings",
  "users",
  "keys",
  "wallet",
  "requests",
  "codex",
  "lanes",
  "providers",
  "payments",
  "orders",
  "status",
  "api-spec",
];

/** From -> to. What is not listed is forbidden. */
const ARROWS: Record<Zone, readonly Zone[]> = {
  app: ["app", "components", "core", "domain", "config", "runtime"],
  components: ["components", "core"],
  core: ["core"],
  domain: ["domain", "core", "db"],
  config: ["config", "core"],
  runtime: ["runtime", "config", "domain", "core", "db"],
  db: ["db", "core"],
  workers: ["workers", "runtime", "config", "domain", "core", "db"],
  tests: ["tests", "app", "components", "workers", "runtime", "config", "domain", "core", "db"],
  tooling: ["tooling", "app", "components", "workers", "runtime", "config", "domain", "core", "db"],
};

/** The outermost caller owns the transaction, and for a server action or a route that is `app`. */
const ALSO_ALLOWED: readonly { from: Zone; to: string }[] = [{ from: "app", to: "db/transaction" }];

const SCREEN_PACKAGES = /^(next|next-auth|next-themes|react|react-dom|@tanstack\/react-query)(\/|$)/;
/** The process that mounts Next is the one place outside of the screens that knows it. */
const SCREEN_PACKAGE_USERS = /^(app|components|tests)\/|^workers\/web\/|^[^/]+$/;

const LONG_LIVED = /(?<![.\w])(new (?:Stripe|Agent|Pool|ProxyAgent|RetryAgent)|createTransport|drizzle|postgres)\(/;
/** The first is the factory that `lib/runtime` calls; the second closes its agent after one download. */
const BUILDERS = ["lib/http/guarded-agent.ts", "lib/codex/fetch-cli.ts"];
/** Holds planted violations as texts. */
const PLANTED = "tests/unit/tooling/layers.test.ts";

const KEBAB_CASE = /^[a-z0-9]+(-[a-z0-9]+)*(\.property)?(\.test|\.config|\.d)?$/;

export function findViolations(files: readonly SourceFile[]): Violation[] {
  return files.flatMap((file) => {
    const text = blankComments(file.text);
    const imports = readImports(text);
    const found = [...checkFile(file.path, text), ...imports.flatMap((entry) => checkImport(file.path, entry))];
    return found.map((violation) => ({ path: file.path, ...violation }));
  });
}

function checkFile(file: string, text: string): Omit<Violation, "path">[] {
  const found: Omit<Violation, "path">[] = [];
  const zone = zoneOf(file);
  const base = path.basename(file).replace(/\.(ts|tsx|mjs)$/, "");
  if (base === "index") found.push({ line: 1, message: "no barrels: name the file after what it exports" });
  if (!KEBAB_CASE.test(base)) found.push({ line: 1, message: "file names are kebab-case" });
  if (file === PLANTED) return found;
  const isProduct = zone !== "tests" && zone !== "tooling";
  if (isProduct && zone !== "runtime" && zone !== "workers" && zone !== "db" && !BUILDERS.includes(file)) {
    for (const line of linesWith(text, LONG_LIVED)) found.push({ line, message: "only lib/runtime builds long-lived things" });
  }
  for (const line of linesWith(text, /\bvi\.(mock|doMock)\(/))
    found.push({ line, message: "no module mocks: fake only what we do not own, on a real socket" });
  for (const line of linesWith(text, /\.\.\/shared\/(?!embedded)/))
    found.push({ line, message: "nothing reads outside of the repository" });
  return found;
}

function checkImport(file: string, { specifier, typeOnly, reExport, line }: Import): Omit<Violation, "path">[] {
  const from = zoneOf(file);
  const found: Omit<Violation, "path">[] = [];
  const say = (message: string) => found.push({ line, message });
  if (reExport) say(`re-exports ${specifier}: no barrels, import the file itself`);
  if (specifier.startsWith(".")) say(`imports ${specifier}: use the absolute @/ alias`);
  if (SCREEN_PACKAGES.test(specifier) && !SCREEN_PACKAGE_USERS.test(file)) say(`imports ${specifier}: only screens do`);
  if (!specifier.startsWith("@/")) return found;

  const target = specifier.slice(2);
  const to = zoneOf(target);
  if (to === null) say(`imports ${specifier}, which is in no known layer`);
  if (from === null || to === null) return found;
  const isTypeOfDomain = from === "components" && to === "domain" && typeOnly;
  const isException = ALSO_ALLOWED.some((entry) => entry.from === from && entry.to === target);
  if (!ARROWS[from].includes(to) && !isTypeOfDomain && !isException) say(`${from} must not import ${to} (${specifier})`);
  return found;
}

/** Null: a file or folder that the map of the code does not know. */
function zoneOf(file: string): Zone | null {
  const [top = "", second = ""] = file.split("/");
  if (!file.includes("/")) return "tooling";
  if (top !== "lib") return (["app", "components", "db", "workers", "tests"] as const).find((zone) => zone === top) ?? null;
  if (CORE.includes(second)) return "core";
  if (DOMAINS.includes(second)) return "domain";
  if (second === "config" || second === "runtime") return second;
  return null;
}

function readImports(text: string): Import[] {
  const statement = /^(import|export)\s+(type\s+)?(?:[\w*{][^;"'`]*?\sfrom\s+)?["']([^"'\n]+)["']/gm;
  const dynamic = /\bimport\(\s*["']([^"'\n]+)["']\s*\)/g;
  const found: Import[] = [];
  for (const match of text.matchAll(statement)) {
    const [, keyword, type, specifier = ""] = match;
    found.push({ specifier, typeOnly: type !== undefined, reExport: keyword === "export", line: lineAt(text, match.index) });
  }
  for (const match of text.matchAll(dynamic)) {
    found.push({ specifier: match[1] ?? "", typeOnly: false, reExport: false, line: lineAt(text, match.index) });
  }
  return found;
}

/** Comments become blanks, so that lines keep their numbers. A `//` inside of a string keeps its line alive. */
function blankComments(text: string): string {
  const blank = (comment: string) => comment.replace(/[^\n]/g, " ");
  return text.replace(/^\s*\/\*[\s\S]*?\*\//gm, blank).replace(/^\s*\/\/.*$/gm, blank);
}

function linesWith(text: string, pattern: RegExp): number[] {
  return text.split("\n").flatMap((line, index) => (pattern.test(line) ? [index + 1] : []));
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}
