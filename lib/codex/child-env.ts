const KEPT = new Set(["HOME", "LANG", "NODE_EXTRA_CA_CERTS", "PATH", "SSL_CERT_DIR", "SSL_CERT_FILE", "TMPDIR", "TZ"]);
/** npm reads its settings, and everybody the proxy's, in either case. */
const KEPT_IN_ANY_CASE = /^((https?|all|no)_proxy|npm_config_.+)$/i;

/** The environment of a program that is not ours or needs none of our settings: how to run and how to reach the network, and no secret. */
export function childEnv(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => KEPT.has(name) || KEPT_IN_ANY_CASE.test(name));
  return Object.fromEntries(kept) as NodeJS.ProcessEnv;
}
