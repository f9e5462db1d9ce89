import { expect, test } from "vitest";
import { ownPath, withReturnPath } from "@/lib/http/own-path";

test.each(["/dashboard/requests", "/dashboard/requests?lane=wallet&before=x", "/a%2Fb"])("%j is a path of this site", (path) => {
  expect(ownPath(path)).toBe(path);
});

test.each([
  "https://evil.example/",
  "//evil.example/",
  "/\\evil.example",
  "/\t/evil.example",
  "/%0d%0a/../..//evil.example",
  "\\\\evil.example",
  "javascript:alert(1)",
  "/..//evil.example",
  "/.//evil.example",
  "evil.example",
  "",
  `/${"x".repeat(2_000)}`,
])("%j leads elsewhere, or might", (path) => {
  const found = ownPath(path);
  expect(found === null || new URL(found, "https://us.example").origin === "https://us.example").toBe(true);
  expect(found === null || !found.startsWith("//")).toBe(true);
});

test("what Next adds for itself is taken off, and nothing when there is nothing", () => {
  expect(ownPath("/dashboard?_rsc=abc&x=1")).toBe("/dashboard?x=1");
  expect(ownPath(null)).toBeNull();
});

test("a return path stays one parameter, whatever is in it", () => {
  const path = withReturnPath("/sign-in", "/dashboard?a=1&b=2");
  expect(new URL(path, "https://us.example").searchParams.get("to")).toBe("/dashboard?a=1&b=2");
});
