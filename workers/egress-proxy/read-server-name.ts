/*
 * The name that a TLS client asks for, read from its first message (RFC 8446 4.1.2, RFC 6066 3), which no protection covers yet.
 * With an encrypted one beside it (ECH) the name that stands there says nothing: the server may follow the other.
 */
export type ServerName =
  /** The message goes on behind these bytes. */
  | { kind: "more" }
  | { kind: "not_tls" }
  /** Null: it asks for none, or for one that cannot be read. */
  | { kind: "name"; name: string | null };

/** Longest that a first message may be, with the headers of its records. */
export const HELLO_BYTES_MAX = 16 * 1024;

const RECORD_HEADER_BYTES = 5;
const RECORD_HANDSHAKE = 22;
const RECORD_BYTES_MAX = 2 ** 14;
const RECORDS_MAX = 4;
const VERSION_MAJOR = 3;
const CLIENT_HELLO = 1;
const MESSAGE_HEADER_BYTES = 4;
const RANDOM_BYTES = 32;
const SESSION_ID_BYTES_MAX = 32;
const SERVER_NAME = 0;
const ENCRYPTED_HELLO = 0xfe0d;
const HOST_NAME = 0;
const NOT_TLS: ServerName = { kind: "not_tls" };

/** `bytes`: everything that the client has sent. Whatever is not exactly a ClientHello is none. */
export function readServerName(bytes: Buffer): ServerName {
  const message = readMessage(bytes);
  if (!Buffer.isBuffer(message)) return message;
  try {
    return { kind: "name", name: readHello(new Reader(message)) };
  } catch (error) {
    if (error instanceof Malformed) return NOT_TLS;
    throw error;
  }
}

/** The body of the first handshake message, which may lie in several records and must fill them. */
function readMessage(bytes: Buffer): Buffer | ServerName {
  const parts: Buffer[] = [];
  let at = 0;
  for (let records = 0; records < RECORDS_MAX; records += 1) {
    const header = bytes.subarray(at, at + RECORD_HEADER_BYTES);
    if ((header[0] ?? RECORD_HANDSHAKE) !== RECORD_HANDSHAKE || (header[1] ?? VERSION_MAJOR) !== VERSION_MAJOR) return NOT_TLS;
    if (header.length < RECORD_HEADER_BYTES) return more(bytes);
    const recordBytes = header.readUInt16BE(3);
    if (recordBytes === 0 || recordBytes > RECORD_BYTES_MAX) return NOT_TLS;
    const part = bytes.subarray(at + RECORD_HEADER_BYTES, at + RECORD_HEADER_BYTES + recordBytes);
    parts.push(part);
    at += RECORD_HEADER_BYTES + recordBytes;
    const message = Buffer.concat(parts);
    if ((message[0] ?? CLIENT_HELLO) !== CLIENT_HELLO) return NOT_TLS;
    if (part.length < recordBytes) return more(bytes);
    if (message.length < MESSAGE_HEADER_BYTES) continue;
    const length = MESSAGE_HEADER_BYTES + message.readUIntBE(1, 3);
    if (message.length > length || length > HELLO_BYTES_MAX) return NOT_TLS;
    if (message.length === length) return message.subarray(MESSAGE_HEADER_BYTES);
  }
  return NOT_TLS;
}

function more(bytes: Buffer): ServerName {
  return bytes.length < HELLO_BYTES_MAX ? { kind: "more" } : NOT_TLS;
}

function readHello(hello: Reader): string | null {
  if (hello.number(1) !== VERSION_MAJOR) throw new Malformed();
  hello.skip(1 + RANDOM_BYTES);
  if (hello.vector(1).length > SESSION_ID_BYTES_MAX) throw new Malformed();
  const suites = hello.vector(2);
  if (suites.length === 0 || suites.length % 2 !== 0) throw new Malformed();
  if (hello.vector(1).length === 0) throw new Malformed();
  if (hello.isAtEnd) return null;
  const extensions = new Reader(hello.vector(2));
  hello.end();
  const seen = new Set<number>();
  let name: string | null = null;
  while (!extensions.isAtEnd) {
    const type = extensions.number(2);
    const content = extensions.vector(2);
    // Of two names a server may believe the other one.
    if (seen.has(type)) throw new Malformed();
    seen.add(type);
    if (type === SERVER_NAME) name = readNames(content);
  }
  return seen.has(ENCRYPTED_HELLO) ? null : name;
}

/** There is one kind of name, and one name of a kind. */
function readNames(content: Buffer): string {
  const outer = new Reader(content);
  const names = new Reader(outer.vector(2));
  outer.end();
  if (names.number(1) !== HOST_NAME) throw new Malformed();
  const name = names.vector(2);
  names.end();
  if (name.length === 0) throw new Malformed();
  return name.toString("latin1");
}

class Malformed extends Error {}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  number(bytes: 1 | 2): number {
    return this.#take(bytes).readUIntBE(0, bytes);
  }

  /** What stands behind its own length. */
  vector(lengthBytes: 1 | 2): Buffer {
    return this.#take(this.number(lengthBytes));
  }

  skip(bytes: number): void {
    this.#take(bytes);
  }

  end(): void {
    if (!this.isAtEnd) throw new Malformed();
  }

  #take(bytes: number): Buffer {
    const taken = this.#bytes.subarray(this.#at, this.#at + bytes);
    if (taken.length < bytes) throw new Malformed();
    this.#at += bytes;
    return taken;
  }
}
