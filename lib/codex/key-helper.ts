import type { SetupTarget } from "@/lib/codex/setup-config";
import { quoteSh } from "@/lib/codex/setup-quote";

/** Before Codex gives up on it. */
const CURL_SECONDS_MAX = 12;

/**
 * The program behind Codex's `auth.command`, without its secret, which the setup script puts into `secret=`. Codex starts it as
 * `sh FILE`, so the file needs no right but to be read by its owner. The secret goes to curl over a pipe: arguments can be read by others.
 */
export function keyHelperScript({ brandName, publicUrl }: SetupTarget): string {
  const name = brandName.replaceAll(/\p{Cc}/gu, " ");
  return `# Fetches a key of ten minutes for Codex from ${name}. Keep this file to yourself: its secret stands for one of
# your API keys. It can be revoked at ${publicUrl}/dashboard/keys
url=${quoteSh(`${publicUrl}/api/v1/keys/short-lived`)}
answer=$(printf 'header = "authorization: Bearer %s"\\n' "$secret" |
  curl -sS --max-time ${CURL_SECONDS_MAX} -X POST -H 'accept: text/plain' -K - "$url") || exit 1
case $answer in
sk-sy-short.*) printf '%s\\n' "$answer" ;;
*)
  printf '%s\\n' "$answer" >&2
  exit 1
  ;;
esac
`;
}
