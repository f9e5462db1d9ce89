export type AuthStyle = "bearer" | "api_key";

/** Everything that a call to an upstream needs. Holds the key in clear: it is built when it is used and never logged. */
export type ProviderTarget = {
  baseUrl: string;
  authStyle: AuthStyle;
  apiVersion: string | null;
  secret: string;
};

export function authHeader(target: ProviderTarget): Record<string, string> {
  return target.authStyle === "bearer" ? { authorization: `Bearer ${target.secret}` } : { "api-key": target.secret };
}

/** `path` begins below the base URL, such as `/responses`. */
export function targetUrl(target: ProviderTarget, path: string): string {
  const query = target.apiVersion === null ? "" : `?api-version=${encodeURIComponent(target.apiVersion)}`;
  return `${target.baseUrl}${path}${query}`;
}
