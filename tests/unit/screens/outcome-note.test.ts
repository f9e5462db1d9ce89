import { expect, test } from "vitest";
import { outcomeNote } from "@/components/dashboard/outcome-note";

const CUT = {
  outcome: "incomplete",
  errorText: null,
  edits: ["Wallet: store: false", "Wallet: max_output_tokens set to 40"],
  tokens: { output: 40 },
};

test("an incomplete answer that used up the output it was allowed says so, and what allowed no more", () => {
  expect(outcomeNote(CUT)).toBe("Reached the output limit of 40 tokens.");
  expect(outcomeNote({ ...CUT, edits: ["Wallet: max_tokens set to 40 (what the budget covers)"] })).toBe(
    "Reached the output limit of 40 tokens: what the budget covers.",
  );
});

test("the error text goes first, and no reason is made up", () => {
  expect(outcomeNote({ ...CUT, errorText: "Your wallet is empty." })).toBe("Your wallet is empty.");
  expect(outcomeNote({ ...CUT, tokens: { output: 12 } })).toBeNull();
  expect(outcomeNote({ ...CUT, edits: [] })).toBeNull();
  expect(outcomeNote({ ...CUT, outcome: "completed" })).toBeNull();
});
