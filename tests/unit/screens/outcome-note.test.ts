import { expect, test } from "vitest";
import { outcomeBrief, outcomeNote } from "@/components/dashboard/outcome-note";

const CUT = {
  outcome: "incomplete",
  errorCode: null,
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

test.each([
  [{ errorCode: "budget_reached", errorText: "This API key's budget does not cover this request." }, "budget reached"],
  [{ errorCode: "lane_cannot", errorText: "No lane of this key can carry image generation." }, "no lane can do it"],
  [{ errorCode: "some_code_of_an_upstream", errorText: "No." }, "some code of an upstream"],
  [{ errorCode: null, errorText: "Only a sentence." }, "Only a sentence."],
  [{ errorCode: "max_output_tokens", errorText: "The answer was cut short: max_output_tokens." }, "output limit"],
  [{}, "output limit"],
  [{ outcome: "completed" }, null],
])("%j is %s in the row of a table", (told, brief) => {
  expect(outcomeBrief({ ...CUT, ...told })).toBe(brief);
});
