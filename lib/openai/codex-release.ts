/**
 * The one version of the official Codex CLI that this product drives and is tested against, and the sha512 of each platform's npm
 * tarball, in the registry's own notation. A new version changes every line of this table, after a new capture of its wire behaviour.
 */
export const CODEX_VERSION = "0.169.0";

export type CodexPlatform = "linux-x64" | "linux-arm64" | "darwin-x64" | "darwin-arm64";

export const CODEX_TARBALL_INTEGRITY: Readonly<Record<string, Readonly<Record<CodexPlatform, string>>>> = {
  "0.169.0": {
    "linux-x64": "sha512-o05NyAOCDygSPRo1yinzxvkRSdmsZyBD9E7mbpmjRanSfM8lypqWtQgEo4XfNkwhuCR2aFu8mlGOsQGFXVbVww==",
    "linux-arm64": "sha512-NZ/DaQUpcQmxmqee7Z9uC1rzw3GhSbooawcaTe1LN5Yk+WlinUKGdTXJgClRT/9ogQEEM9TWxYzvxPfj5G/xFg==",
    "darwin-x64": "sha512-K1FKSsSLl9v3z5TeagBQXyQRDBIGB5Jncy5dxsRxwT3aaTqN3AI8VrCfoxBxKMOOU9O2QX1vg7WkBwNVth/s9A==",
    "darwin-arm64": "sha512-5WsWFBbVP78D+6FvNo1MMVxLPZdmcoQlqVJFrF4qx/TmvneLnMQKtLyXkUo54XOTDfoYKpNouTJ/F7gTVA8FnQ==",
  },
};

/** Rust's name for the platform: the folder inside the tarball that holds the binaries. */
export const CODEX_TARGET_TRIPLE: Readonly<Record<CodexPlatform, string>> = {
  "linux-x64": "x86_64-unknown-linux-musl",
  "linux-arm64": "aarch64-unknown-linux-musl",
  "darwin-x64": "x86_64-apple-darwin",
  "darwin-arm64": "aarch64-apple-darwin",
};

export function currentCodexPlatform(): CodexPlatform | null {
  const name = `${process.platform}-${process.arch}`;
  return name in CODEX_TARGET_TRIPLE ? (name as CodexPlatform) : null;
}
