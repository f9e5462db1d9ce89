import { readFileSync, statSync } from "node:fs";
import { OperatorError } from "@/workers/shared/operator-error";

const BYTES_MAX = 64 * 1024;
const READABLE_BY_OTHERS = 0o077;

/** A secret never travels as an argument: other users of the machine can read those. */
export async function readSecretFromStdin(what: string): Promise<string> {
  if (process.stdin.isTTY) {
    throw new OperatorError(`Pipe ${what} in, so that it stays out of the shell's history: … < key-file`);
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BYTES_MAX) throw new OperatorError(`What was piped in is too long for ${what}.`);
    chunks.push(chunk);
  }
  const secret = Buffer.concat(chunks).toString("utf8").trim();
  if (secret === "") throw new OperatorError(`Nothing was piped in: ${what} is expected on stdin.`);
  return secret;
}

/** The first line of a file that nobody else can read. */
export function readPasswordFile(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) throw new OperatorError(`There is no file ${path}.`);
  if (stat.isFile() && (stat.mode & READABLE_BY_OTHERS) !== 0) {
    throw new OperatorError(`Other users of this machine can read ${path}. Close it first: chmod 600 ${path}`);
  }
  const [password = ""] = readFileSync(path, "utf8").split(/\r?\n/);
  if (password === "") throw new OperatorError(`The first line of ${path} is empty: the password is expected there.`);
  return password;
}
