import { describe, expect, test } from "vitest";
import { clientHello } from "@/tests/factories/client-hello";
import { HELLO_BYTES_MAX, readServerName } from "@/workers/egress-proxy/read-server-name";

const NAME = "chatgpt.com";
const RECORD_HEADER_BYTES = 5;

function record(part: Buffer, type = 22): Buffer {
  const header = Buffer.from([type, 3, 1, 0, 0]);
  header.writeUInt16BE(part.length, 3);
  return Buffer.concat([header, part]);
}

/** Behind its length. */
function vector(lengthBytes: 1 | 2 | 3, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const length = Buffer.alloc(lengthBytes);
  length.writeUIntBE(content.length, 0, lengthBytes);
  return Buffer.concat([length, content]);
}

const extension = (type: number, content: Buffer) => Buffer.concat([Buffer.from([type >> 8, type & 0xff]), vector(2, content)]);
const named = (...names: string[]) =>
  extension(0, vector(2, ...names.map((name) => Buffer.concat([Buffer.from([0]), vector(2, Buffer.from(name))]))));

/** A hello made by hand. */
function hello(extensions: Buffer[], behind = Buffer.alloc(0)): Buffer {
  const head = [Buffer.from([3, 3]), Buffer.alloc(32), vector(1), vector(2, Buffer.from([0x13, 0x01])), vector(1, Buffer.from([0]))];
  return record(Buffer.concat([Buffer.from([1]), vector(3, ...head, vector(2, ...extensions), behind)]));
}

test("the name of a real client's first message is read as soon as all of it is there, and never before", async () => {
  const bytes = await clientHello(NAME);
  expect(readServerName(bytes)).toEqual({ kind: "name", name: NAME });
  expect(readServerName(Buffer.concat([bytes, Buffer.from("what follows")]))).toEqual({ kind: "name", name: NAME });
  for (let length = 0; length < bytes.length; length += 1) expect(readServerName(bytes.subarray(0, length))).toEqual({ kind: "more" });
});

test("a message in several records is put together, and in too many it is none", async () => {
  const message = (await clientHello(NAME)).subarray(RECORD_HEADER_BYTES);
  const inRecords = (count: number) => {
    const size = Math.ceil(message.length / count);
    return Buffer.concat(Array.from({ length: count }, (_, at) => record(message.subarray(at * size, (at + 1) * size))));
  };
  expect(readServerName(inRecords(4))).toEqual({ kind: "name", name: NAME });
  expect(readServerName(inRecords(5))).toEqual({ kind: "not_tls" });
});

test("a client that asks for no name, or for an encrypted one beside the one that can be read, has none", async () => {
  expect(readServerName(await clientHello())).toEqual({ kind: "name", name: null });
  expect(readServerName(hello([named(NAME)]))).toEqual({ kind: "name", name: NAME });
  expect(readServerName(hello([named(NAME), extension(0xfe0d, Buffer.alloc(40))]))).toEqual({ kind: "name", name: null });
});

describe("what could be read in two ways, or is something else, is no TLS", () => {
  test.each([
    ["words", Buffer.from("GET / HTTP/1.1\r\n")],
    ["one wrong byte", Buffer.from([23])],
    ["an old TLS hello", Buffer.from([0x80, 0x2e, 1, 3, 1])],
    ["another handshake message", record(Buffer.from([2, 0, 0, 0]))],
    ["an empty record", record(Buffer.alloc(0))],
    ["another record first", Buffer.concat([record(Buffer.from([1]), 20), hello([named(NAME)])])],
    ["two names in one list", hello([named(NAME, "evil.com")])],
    ["two lists of names", hello([named(NAME), named("evil.com")])],
    ["an empty name", hello([named("")])],
    ["an empty list of names", hello([named()])],
    ["an extension that is cut", hello([named(NAME), Buffer.from([0, 23, 0, 9])])],
    ["bytes behind the extensions", hello([named(NAME)], Buffer.from([0]))],
    ["a second message in the record", record(Buffer.concat([hello([named(NAME)]).subarray(RECORD_HEADER_BYTES), Buffer.from([1])]))],
    ["a message beyond the bound", hello([named(NAME), extension(21, Buffer.alloc(HELLO_BYTES_MAX))])],
    ["a record beyond its bound", Buffer.from([22, 3, 1, 0xff, 0xff])],
  ])("%s", (_what, bytes) => {
    expect(readServerName(bytes)).toEqual({ kind: "not_tls" });
  });
});
