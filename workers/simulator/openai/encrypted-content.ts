/**
 * Encrypted reasoning, as far as anyone outside can tell: opaque, and readable only by the organisation that minted it. Two simulators of
 * different names refuse each other's.
 */
export class EncryptedContent {
  private readonly prefix: string;

  constructor(organisation: string) {
    this.prefix = `gAAAA${Buffer.from(organisation).toString("base64url")}.`;
  }

  readonly mint = (text: string): string => `${this.prefix}${Buffer.from(text).toString("base64url")}`;

  isOurs(content: string): boolean {
    return content.startsWith(this.prefix);
  }
}
