import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { curlLine } from "@/lib/codex/curl-line";

test("a shell reads the curl line as one request with the key of its own environment", () => {
  const line = curlLine({ publicUrl: "https://gateway.example.com", keyEnvName: "MY_KEY" });
  const read = execFileSync("sh", ["-c", `curl() { printf '%s\\n' "$@"; }; ${line}`], {
    encoding: "utf8",
    env: { ...process.env, MY_KEY: "sk-sy-1" },
  });
  expect(read.trim().split("\n")).toEqual([
    "https://gateway.example.com/v1/responses",
    "-H",
    "authorization: Bearer sk-sy-1",
    "-H",
    "content-type: application/json",
    "-d",
    '{"model":"gpt-5.5","input":"Say hello"}',
  ]);
});
