import { once } from "node:events";
import { Duplex, PassThrough } from "node:stream";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Demultiplex, processStream } from "@/workers/codex-runner/containers/docker/demultiplex";

const STDOUT = 1;
const STDERR = 2;

function frame(kind: number, body: Uint8Array): Buffer {
  const header = Buffer.alloc(8);
  header[0] = kind;
  header.writeUInt32BE(body.length, 4);
  return Buffer.concat([header, body]);
}

async function readAll(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

test("stdout comes through whole and alone, however frames and packets are cut", async () => {
  const frames = fc.array(fc.record({ kind: fc.constantFrom(STDOUT, STDERR), body: fc.uint8Array({ maxLength: 40 }) }), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(frames, fc.integer({ min: 1, max: 17 }), async (sent, packetBytes) => {
      const wire = Buffer.concat(sent.map(({ kind, body }) => frame(kind, body)));
      const demultiplex = new Demultiplex("stdout");
      for (let at = 0; at < wire.length; at += packetBytes) demultiplex.write(wire.subarray(at, at + packetBytes));
      demultiplex.end();
      const expected = Buffer.concat(sent.filter(({ kind }) => kind === STDOUT).map(({ body }) => body));
      expect(await readAll(demultiplex)).toEqual(expected);
    }),
  );
});

test("what is written to a process is its stdin, and its end is the end of the stream", async () => {
  const stdin = new PassThrough();
  const output = new PassThrough();
  const stream = processStream(Duplex.from({ readable: output, writable: stdin }));
  stream.write("to the process");
  expect(String((await once(stdin, "data"))[0])).toBe("to the process");
  output.write(frame(STDERR, Buffer.from("a warning")));
  output.end(frame(STDOUT, Buffer.from("from the process")));
  expect(String(await readAll(stream))).toBe("from the process");
});

test("a slow reader stops the process, not the memory of this one", async () => {
  const CHUNK = Buffer.alloc(64 * 1024);
  const CHUNKS_MAX = 200;
  const output = new PassThrough();
  const stream = processStream(Duplex.from({ readable: output, writable: new PassThrough() }));
  let sent = 0;
  while (sent < CHUNKS_MAX && output.write(frame(STDOUT, CHUNK))) {
    sent += 1;
    await new Promise(setImmediate);
  }
  expect(sent).toBeLessThan(20);
  stream.destroy();
});
