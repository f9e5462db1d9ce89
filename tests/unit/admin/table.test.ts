import { expect, test } from "vitest";
import { plainText } from "@/workers/admin/plain-text";
import { list, table } from "@/workers/admin/table";

const EVIL = "gpt\u001b]0;owned\u0007\u009b2J\r\nmodel\u007f";

test("nothing that a customer or an upstream wrote steers the operator's terminal", () => {
  for (const text of [table(["model", "error"], [[EVIL, EVIL]], "none"), list([["model", EVIL]])]) {
    expect(text).not.toMatch(/[^\P{Cc}\n]/u);
    expect(text).toContain("gpt ]0;owned 2J");
  }
  expect(table(["model"], [[EVIL]], "none").split("\n")).toHaveLength(2);
  expect(plainText(`one\n${EVIL}`)).toBe("one\ngpt ]0;owned 2J \nmodel ");
});
