import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign, X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { bits, integer, objectId, octets, sequence, set, tagged, text, time, yes } from "@/workers/simulator/chatgpt/der";

/**
 * A certificate authority that only the containers of a simulated installation trust, and one certificate of its for the names that Codex
 * calls (RFC 5280, ECDSA on P-256). The authority is kept in its folder, so that a container that trusts it still does after a restart; the
 * certificate is new each time.
 */
export type CertificateRequest = { names: readonly [string, ...string[]]; addressesV4: readonly string[]; caDir?: string };
export type Certificates = { caPem: string; chainPem: string; keyPem: string };

const CA_FILE = "ca.pem";
const CA_KEY_FILE = "ca.key";
const CA_NAME = "Switchyard simulated ChatGPT";
const DAY_MS = 86_400_000;
const CA_DAYS = 3650;
const CERTIFICATE_DAYS = 365;
const SERIAL_BYTES = 15;

const VERSION_3 = 2;
const ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2";
const COMMON_NAME = "2.5.4.3";
const BASIC_CONSTRAINTS = "2.5.29.19";
const KEY_USAGE = "2.5.29.15";
const EXTENDED_KEY_USAGE = "2.5.29.37";
const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
const ALTERNATIVE_NAMES = "2.5.29.17";

type Authority = { pem: string; key: KeyObject };

export function makeCertificates({ names, addressesV4, caDir }: CertificateRequest): Certificates {
  const authority = (caDir === undefined ? null : readAuthority(caDir)) ?? makeAuthority(caDir);
  const keys = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const pem = signCertificate({
    subject: names[0],
    publicKey: keys.publicKey,
    signingKey: authority.key,
    days: CERTIFICATE_DAYS,
    extensions: [
      extension(BASIC_CONSTRAINTS, sequence()),
      extension(KEY_USAGE, bits(Buffer.from([0b1000_0000]), 7)),
      extension(EXTENDED_KEY_USAGE, sequence(objectId(SERVER_AUTH))),
      extension(ALTERNATIVE_NAMES, sequence(...names.map((name) => tagged(0x82, Buffer.from(name))), ...addressesV4.map(addressName))),
    ],
  });
  return { caPem: authority.pem, chainPem: `${pem}${authority.pem}`, keyPem: keyPem(keys.privateKey) };
}

/** Null: there is none yet, or it has become too old. */
function readAuthority(caDir: string): Authority | null {
  const [certificateFile, keyFile] = [path.join(caDir, CA_FILE), path.join(caDir, CA_KEY_FILE)];
  if (!existsSync(certificateFile) || !existsSync(keyFile)) return null;
  const pem = readFileSync(certificateFile, "utf8");
  const isOld = new Date(new X509Certificate(pem).validTo).getTime() < Date.now() + CERTIFICATE_DAYS * DAY_MS;
  return isOld ? null : { pem, key: createPrivateKey(readFileSync(keyFile, "utf8")) };
}

function makeAuthority(caDir: string | undefined): Authority {
  const keys = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const pem = signCertificate({
    subject: CA_NAME,
    publicKey: keys.publicKey,
    signingKey: keys.privateKey,
    days: CA_DAYS,
    extensions: [extension(BASIC_CONSTRAINTS, sequence(yes())), extension(KEY_USAGE, bits(Buffer.from([0b0000_0110]), 1))],
  });
  if (caDir !== undefined) {
    mkdirSync(caDir, { recursive: true, mode: 0o700 });
    // The key first: a start that ends between the two leaves no authority that cannot sign.
    writeWhole(path.join(caDir, CA_KEY_FILE), keyPem(keys.privateKey), 0o600);
    writeWhole(path.join(caDir, CA_FILE), pem, 0o644);
  }
  return { pem, key: keys.privateKey };
}

type Signing = { subject: string; publicKey: KeyObject; signingKey: KeyObject; days: number; extensions: readonly Buffer[] };

function signCertificate({ subject, publicKey, signingKey, days, extensions }: Signing): string {
  const algorithm = sequence(objectId(ECDSA_WITH_SHA256));
  const now = Date.now();
  const signed = sequence(
    tagged(0xa0, integer(Buffer.from([VERSION_3]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(SERIAL_BYTES)])),
    algorithm,
    distinguishedName(CA_NAME),
    // Valid since yesterday: the clock of a container may be a little behind.
    sequence(time(new Date(now - DAY_MS)), time(new Date(now + days * DAY_MS))),
    distinguishedName(subject),
    publicKey.export({ type: "spki", format: "der" }),
    tagged(0xa3, sequence(...extensions)),
  );
  const der = sequence(signed, algorithm, bits(sign("sha256", signed, signingKey)));
  return new X509Certificate(der).toString();
}

function extension(id: string, value: Buffer): Buffer {
  const critical = id === BASIC_CONSTRAINTS || id === KEY_USAGE ? [yes()] : [];
  return sequence(objectId(id), ...critical, octets(value));
}

function distinguishedName(commonName: string): Buffer {
  return sequence(set(sequence(objectId(COMMON_NAME), text(commonName))));
}

function addressName(addressV4: string): Buffer {
  return tagged(0x87, Buffer.from(addressV4.split(".").map(Number)));
}

function keyPem(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}

function writeWhole(file: string, content: string, mode: number): void {
  const draft = `${file}.draft`;
  writeFileSync(draft, content, { mode });
  renameSync(draft, file);
}
