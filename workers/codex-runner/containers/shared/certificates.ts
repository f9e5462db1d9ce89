import { readFileSync } from "node:fs";
import { rootCertificates } from "node:tls";

/** Where the systems keep them: Debian and its kin, Fedora and its kin, openSUSE, Alpine and macOS. */
const SYSTEM_FILES = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/** The machine's own list, which may hold an operator's authority; where there is none, Node's. With `extraPem` behind it. */
export function certificateBundle(extraPem: string | null): string {
  return [systemCertificates(), ...(extraPem === null ? [] : [extraPem])].join("\n");
}

function systemCertificates(): string {
  for (const file of SYSTEM_FILES) {
    try {
      return readFileSync(file, "utf8");
    } catch {
      // The next system's place.
    }
  }
  return rootCertificates.join("\n");
}
