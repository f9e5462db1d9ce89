import { describe, expect, test } from "vitest";
import { AppError } from "@/lib/errors/app-error";
import { scanBody } from "@/lib/openai/json-scan";

function refusal(body: string | Buffer): AppError {
  try {
    scanBody(Buffer.from(body));
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error("the body was accepted");
}

describe("bodies that are refused", () => {
  test.each([
    ["nothing", ""],
    ["an array", "[]"],
    ["a string", '"x"'],
    ["null", "null"],
    ["junk behind the object", '{"a":1} x'],
    ["two objects", '{"a":1}{"b":2}'],
    ["an object that is not closed", '{"a":1'],
    ["a comma too many", '{"a":1,}'],
    ["a byte order mark", "\uFEFF{}"],
    ["a control character in a string", '{"a":"\n"}'],
  ])("%s", (_, body) => {
    expect(refusal(body).code).toBe("request_invalid");
  });

  test("bytes that are not UTF-8", () => {
    expect(refusal(Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xff, 0x22, 0x7d])).message).toContain("UTF-8");
  });

  test("nesting beyond 256 levels", () => {
    const nested = (levels: number) => `{"a":${"[".repeat(levels)}${"]".repeat(levels)}}`;
    expect(refusal(nested(256)).message).toContain("256");
    expect(() => scanBody(Buffer.from(nested(255)))).not.toThrow();
    expect(refusal(nested(100_000)).message).toContain("256");
  });
});

describe("keys that stand twice", () => {
  test.each([
    ['{"model":"a","model":"b"}', "model"],
    ['{"model":"a","\\u006dodel":"b"}', "model"],
    ['{"stream_options":{"include_usage":true,"include_usage":false}}', "stream_options.include_usage"],
    ['{"tools":[{"type":"function"},{"type":"function","type":"mcp"}]}', "tools[1].type"],
    ['{"messages":[{"content":[{"image_url":{"url":"a","url":"b"}}]}]}', "messages[0].content[0].image_url.url"],
    ['{"input":[{"tools":[{"tools":[{"name":"a","name":"b"}]}]}]}', "input[0].tools[0].tools[0].name"],
    ['{"a":{"b":1},"a":{"b":1}}', "a"],
    ['{"__proto__":1,"__proto__":2}', "__proto__"],
  ])("%s names %s", (body, param) => {
    expect(refusal(body)).toMatchObject({ code: "request_invalid", param });
  });

  test("the same key in two different objects is no duplicate", () => {
    expect(() => scanBody(Buffer.from('{"a":{"x":1},"b":{"x":1},"c":[{"x":1},{"x":1}],"x":":{\\"x\\":"}'))).not.toThrow();
  });
});

test("strings full of quotes, braces and backslashes do not confuse the spans", () => {
  const value = { a: '\\"},{"b":[', 'k\\"': "\\\\", long: `${"x".repeat(100)}\\\\\\"${"y".repeat(100)}`, z: [1, "]"] };
  const bytes = Buffer.from(JSON.stringify(value));
  const scan = scanBody(bytes);
  for (const [key, member] of scan.members) {
    expect(JSON.parse(bytes.toString("utf8", member.valueStart, member.valueEnd))).toEqual(value[key as keyof typeof value]);
  }
});
