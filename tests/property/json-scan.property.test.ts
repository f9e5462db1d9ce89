import fc from "fast-check";
import { expect, test } from "vitest";
import { AppError } from "@/lib/errors/app-error";
import { scanBody } from "@/lib/openai/json-scan";
import { spliceBody } from "@/lib/openai/splice";
import type { BodyEdit } from "@/lib/openai/splice";

const key = fc.oneof(fc.string({ maxLength: 6 }), fc.constantFrom("model", "tools", 'a"b', "c\\d", "é", "__proto__", "{", "[", ","));
const body = fc.dictionary(key, fc.jsonValue({ maxDepth: 4 }), { maxKeys: 8 });
const space = fc.constantFrom("", " ", "\n", "\t", "\r\n  ");
const json = fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.stringify(value));

/** The same JSON with other white space between its tokens. */
function spaced(value: unknown, pad: string): Buffer {
  return Buffer.from(pad + JSON.stringify(value, null, pad.replaceAll("\r", "").replaceAll("\n", "") || undefined) + pad);
}

test("the spans of the top-level members are exactly their values", () => {
  fc.assert(
    fc.property(body, space, (value, pad) => {
      const bytes = spaced(value, pad);
      const scan = scanBody(bytes);
      expect([...scan.members.keys()].toSorted()).toEqual(Object.keys(scan.value).toSorted());
      for (const [name, member] of scan.members) {
        expect(JSON.parse(bytes.toString("utf8", member.valueStart, member.valueEnd))).toEqual(scan.value[name]);
      }
    }),
  );
});

test("a key that stands twice is refused at every depth, however it is escaped", () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom("object" as const, "array" as const), { maxLength: 6 }),
      fc.constantFrom('"tool"', '"\\u0074ool"', '"t\\u006fol"'),
      json,
      json,
      (wrappers, second, left, right) => {
        let inner = `{"tool":${left},"x":1,${second}:${right}}`;
        for (const wrapper of wrappers) inner = wrapper === "object" ? `{"k":${inner}}` : `[1,${inner}]`;
        expect(() => scanBody(Buffer.from(`{"input":${inner}}`))).toThrow(AppError);
      },
    ),
  );
});

test("edits mean what they mean in JSON", () => {
  const edit: fc.Arbitrary<BodyEdit> = fc.oneof(
    fc.record({ op: fc.constant("set" as const), key, json }),
    fc.record({ op: fc.constant("remove" as const), key }),
  );
  fc.assert(
    fc.property(body, space, fc.array(edit, { maxLength: 6 }), fc.array(fc.nat(10), { maxLength: 4 }), (value, pad, edits, picks) => {
      const keys = Object.keys(value);
      // Half of the edits name keys that are there.
      const aimed = edits.map((entry, index): BodyEdit => {
        const target = picks[index] === undefined ? undefined : keys[picks[index] % Math.max(keys.length, 1)];
        return target === undefined || entry.op === "removeElements" ? entry : { ...entry, key: target };
      });
      const bytes = spaced(value, pad);
      const expected = new Map(Object.entries(JSON.parse(bytes.toString()) as object));
      for (const entry of aimed) {
        if (entry.op === "set") expected.set(entry.key, JSON.parse(entry.json));
        if (entry.op === "remove") expected.delete(entry.key);
      }
      const spliced = spliceBody(bytes, scanBody(bytes), aimed);
      expect(new Map(Object.entries(JSON.parse(spliced.toString()) as object))).toEqual(expected);
      scanBody(spliced);
    }),
  );
});

test("elements are taken out of an array wherever it stands, and the others keep their bytes", () => {
  fc.assert(
    fc.property(
      fc.array(fc.jsonValue({ maxDepth: 2 }), { maxLength: 8 }),
      fc.array(fc.nat(7), { maxLength: 8 }),
      space,
      (tools, indexes, pad) => {
        const bytes = spaced({ tools, input: [{ x: 0 }, { tools }] }, pad);
        const edits: BodyEdit[] = [
          { op: "removeElements", path: ["tools"], indexes },
          { op: "removeElements", path: ["input", 1, "tools"], indexes },
        ];
        const kept = (JSON.parse(JSON.stringify(tools)) as unknown[]).filter((_, index) => !indexes.includes(index));
        const spliced = spliceBody(bytes, scanBody(bytes), edits);
        expect(JSON.parse(spliced.toString())).toEqual({ tools: kept, input: [{ x: 0 }, { tools: kept }] });
      },
    ),
  );
});

test("bytes that no edit names stay as they were", () => {
  fc.assert(
    fc.property(body, space, json, (value, pad, replacement) => {
      const bytes = spaced(value, pad);
      const scan = scanBody(bytes);
      expect(spliceBody(bytes, scan, [])).toBe(bytes);
      for (const [name, member] of scan.members) {
        const spliced = spliceBody(bytes, scan, [{ op: "set", key: name, json: replacement }]);
        const before = bytes.subarray(0, member.valueStart);
        const after = bytes.subarray(member.valueEnd);
        expect(spliced.equals(Buffer.concat([before, Buffer.from(replacement), after]))).toBe(true);
      }
    }),
  );
});
