import { Duplex, Transform, type TransformCallback } from "node:stream";

/**
 * Docker sends stdout and stderr of a process without a terminal over one connection, in frames: one byte says which, three are
 * empty, four are the length, big-endian.
 */
const HEADER_BYTES = 8;
const STDOUT = 1;
const STDERR = 2;

/** Passes on one of the two, however the frames are cut. */
export class Demultiplex extends Transform {
  #wanted: number;
  #header = Buffer.alloc(0);
  #leftBytes = 0;
  #isWanted = false;

  constructor(wanted: "stdout" | "stderr") {
    super();
    this.#wanted = wanted === "stdout" ? STDOUT : STDERR;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#leftBytes === 0) {
        const missing = HEADER_BYTES - this.#header.length;
        this.#header = Buffer.concat([this.#header, rest.subarray(0, missing)]);
        rest = rest.subarray(missing);
        if (this.#header.length < HEADER_BYTES) break;
        this.#isWanted = this.#header[0] === this.#wanted;
        this.#leftBytes = this.#header.readUInt32BE(4);
        this.#header = Buffer.alloc(0);
        continue;
      }
      const body = rest.subarray(0, this.#leftBytes);
      this.#leftBytes -= body.length;
      rest = rest.subarray(body.length);
      if (this.#isWanted) this.push(body);
    }
    done();
  }
}

/** The two directions of a process in a container as one stream: what is written is its stdin, what is read its stdout. */
export function processStream(connection: Duplex): Duplex {
  const output = connection.pipe(new Demultiplex("stdout"));
  const stream = new Duplex({
    allowHalfOpen: false,
    read: () => void output.resume(),
    write: (chunk: Buffer, _encoding, done) => void connection.write(chunk, done),
    final: (done) => void connection.end(done),
    destroy: (error, done) => {
      connection.destroy();
      output.destroy();
      done(error);
    },
  });
  output.pause();
  output.on("data", (chunk: Buffer) => {
    if (!stream.push(chunk)) output.pause();
  });
  output.once("end", () => stream.push(null));
  connection.once("error", (error) => stream.destroy(error));
  connection.once("close", () => {
    // What arrived before the end is still to be read.
    if (!output.writableEnded) output.end();
  });
  return stream;
}
