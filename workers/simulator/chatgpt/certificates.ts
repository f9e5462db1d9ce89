// oxlint-disable-next-line import/no-unassigned-import -- what the certificate library registers its parts with
import "reflect-metadata";
import { randomBytes, webcrypto } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import {
  BasicConstraintsExtension,
  type Extension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";

/**
 * A certificate authority that only the containers of a simulated installation trust, and one certificate of its for the names that Codex
 * calls. The authority is kept in its folder, so that a container that trusts it still does after a restart; the certificate is new each
 * time.
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
const P256 = { name: "ECDSA", namedCurve: "P-256" };
const ECDSA = { name: "ECDSA", hash: "SHA-256" };

type Authority = { pem: string; key: webcrypto.CryptoKey };

export async function makeCertificates({ names, addressesV4, caDir }: CertificateRequest): Promise<Certificates> {
  const authority = (caDir === undefined ? null : await readAuthority(caDir)) ?? (await makeAuthority(caDir));
  const keys = await newKeys();
  const pem = await signCertificate({
    subject: names[0],
    publicKey: keys.publicKey,
    signingKey: authority.key,
    days: CERTIFICATE_DAYS,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension([
        ...names.map((value) => ({ type: "dns" as const, value })),
        ...addressesV4.map((value) => ({ type: "ip" as const, value })),
      ]),
    ],
  });
  return { caPem: authority.pem, chainPem: `${pem}${authority.pem}`, keyPem: await keyPem(keys.privateKey) };
}

/** Null: there is none yet, or it has become too old. */
async function readAuthority(caDir: string): Promise<Authority | null> {
  const [certificateFile, keyFile] = [path.join(caDir, CA_FILE), path.join(caDir, CA_KEY_FILE)];
  if (!existsSync(certificateFile) || !existsSync(keyFile)) return null;
  const pem = readFileSync(certificateFile, "utf8");
  if (new X509Certificate(pem).notAfter.getTime() < Date.now() + CERTIFICATE_DAYS * DAY_MS) return null;
  const [der] = PemConverter.decode(readFileSync(keyFile, "utf8"));
  return { pem, key: await webcrypto.subtle.importKey("pkcs8", der!, P256, true, ["sign"]) };
}

async function makeAuthority(caDir: string | undefined): Promise<Authority> {
  const keys = await newKeys();
  const pem = await signCertificate({
    subject: CA_NAME,
    publicKey: keys.publicKey,
    signingKey: keys.privateKey,
    days: CA_DAYS,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  });
  if (caDir !== undefined) {
    mkdirSync(caDir, { recursive: true, mode: 0o700 });
    // The key first: a start that ends between the two leaves no authority that cannot sign.
    writeWhole(path.join(caDir, CA_KEY_FILE), await keyPem(keys.privateKey), 0o600);
    writeWhole(path.join(caDir, CA_FILE), pem, 0o644);
  }
  return { pem, key: keys.privateKey };
}

type Signing = {
  subject: string;
  publicKey: webcrypto.CryptoKey;
  signingKey: webcrypto.CryptoKey;
  days: number;
  extensions: Extension[];
};

async function signCertificate({ subject, publicKey, signingKey, days, extensions }: Signing): Promise<string> {
  const now = Date.now();
  const certificate = await X509CertificateGenerator.create(
    {
      // Positive, and never 0.
      serialNumber: `01${randomBytes(SERIAL_BYTES).toString("hex")}`,
      subject: [{ CN: [subject] }],
      issuer: [{ CN: [CA_NAME] }],
      // Valid since yesterday: the clock of a container may be a little behind.
      notBefore: new Date(now - DAY_MS),
      notAfter: new Date(now + days * DAY_MS),
      publicKey,
      signingKey,
      signingAlgorithm: ECDSA,
      extensions,
    },
    webcrypto as Crypto,
  );
  return `${certificate.toString("pem")}\n`;
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(P256, true, ["sign", "verify"]);
}

async function keyPem(key: webcrypto.CryptoKey): Promise<string> {
  return PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY");
}

function writeWhole(file: string, content: string, mode: number): void {
  const draft = `${file}.draft`;
  writeFileSync(draft, content, { mode });
  renameSync(draft, file);
}
