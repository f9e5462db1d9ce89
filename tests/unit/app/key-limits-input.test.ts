import { expect, test } from "vitest";
import { z } from "zod";
import { keyLimitFields, limitsFromForm } from "@/app/_server/key-limits-input";

const now = new Date("2026-11-21T10:00:00Z");

function limits(form: Record<string, string>) {
  const input = z
    .object(keyLimitFields)
    .catchall(z.string())
    .parse({ expires: "never", lanes: "all", ...form });
  return limitsFromForm(input, now);
}

test("a key reads the account only where the box is ticked", () => {
  expect(limits({ accountRead: "on" })).toMatchObject({ accountRead: true });
  expect(limits({})).toMatchObject({ accountRead: false });
});
