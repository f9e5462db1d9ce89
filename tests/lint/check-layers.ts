import { readdirSync, readFileSync } from "node:fs";
import { findViolations } from "@/tests/lint/layers";

const FOLDERS = ["app", "components", "db", "lib", "tests", "workers"];

const paths = [
  ...FOLDERS.flatMap((folder) => readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => `${folder}/${name}`)),
  ...readdirSync("."),
];
const files = paths
  .filter((path) => /\.(ts|tsx|mjs)$/.test(path) && path !== "next-env.d.ts")
  .map((path) => ({ path, text: readFileSync(path, "utf8") }));
const violations = findViolations(files);
for (const { path, line, message } of violations) console.error(`${path}:${line}  ${message}`);
console.log(`${files.length} files checked, ${violations.length} violations`);
process.exitCode = violations.length > 0 ? 1 : 0;
