// `npm run verify`: everything that can be said about the code without running it. Needs no database and no network.
import { spawnSync } from "node:child_process";

const CHECKS = [
  { name: "format", command: ["prettier", "--check", "--log-level=warn", "--cache", "--cache-location=.cache/prettier", "."] },
  { name: "lint", command: ["oxlint", "--ignore-pattern=tests/lint/fixtures/"] },
  { name: "types", command: ["tsc", "--noEmit"] },
  { name: "unused", command: ["knip", "--no-progress"] },
  { name: "layers", command: ["tsx", "tests/lint/check-layers.ts"] },
];

const failed = [];
for (const { name, command } of CHECKS) {
  const startedAt = performance.now();
  const { status, stdout, stderr, error } = spawnSync(`node_modules/.bin/${command[0]}`, command.slice(1), { encoding: "utf8" });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${status === 0 ? "ok  " : "FAIL"} ${name.padEnd(7)} ${seconds} s`);
  if (status === 0) continue;
  failed.push(name);
  console.log(error?.message ?? `${stdout}${stderr}`);
}
if (failed.length > 0) {
  console.log(`verify: ${failed.join(", ")} failed${failed.includes("format") ? " (npm run format mends the format)" : ""}`);
  process.exit(1);
}
console.log("verify: ok");
