import { expect, test } from "vitest";
import { scanBody } from "@/lib/openai/json-scan";

const many = (piece: string, count: number) =>
  Buffer.from(`{"model":"m","input":[${Array.from({ length: count }, () => piece).join(",")}]}`);

test.each(["[]", "{}", "0"])("a body of more values than any conversation has is refused before it is built: %s", (piece) => {
  expect(() => scanBody(many(piece, 600_000))).toThrow(expect.objectContaining({ code: "body_too_large" }) as Error);
});

test("long text is no obstacle, however many brackets it holds", () => {
  const text = "[{,".repeat(400_000);
  expect(scanBody(Buffer.from(JSON.stringify({ model: "m", input: text }))).value["input"]).toBe(text);
});
