import { isIP } from "node:net";
import { z } from "zod";

/**
 * Every setting of the product, in the order in which the README lists them. `read` turns the text of the environment
 * variable into its value; its error message completes the sentence "NAME must be …".
 */
export type Setting<T> = {
  name: string;
  /** Used when the variable is unset or empty; null: nothing. */
  default: string | null;
  /** For the README, where the default is not a plain text. */
  defaultShown?: string;
  meaning: string;
  secret: boolean;
  usedBy: readonly SettingUser[];
  read: z.ZodType<T, string>;
};

export type SettingUser = "start" | "web" | "background" | "admin" | "simulator";

const ALL: readonly SettingUser[] = ["start", "web", "background", "admin"];
const HOSTNAME = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i;
const DAY_S = 86_400;
const SECRET_LENGTH_MIN = 32;

export const settingsTable = {
  port: define({
    name: "PORT",
    default: "3000",
    meaning: "Port of the product: screens, API and gateway.",
    usedBy: ["start", "web"],
    read: wholeNumber(1, 65_535),
  }),
  host: define({
    name: "HOST",
    default: "127.0.0.1",
    meaning: "Address to listen on; `0.0.0.0` for all. A simulated installation only listens on a loopback address.",
    usedBy: ["start", "web"],
    read: checked("an IP address or a host name", (text) => isIP(text) !== 0 || HOSTNAME.test(text)),
  }),
  publicUrl: define({
    name: "PUBLIC_URL",
    default: null,
    defaultShown: "http://HOST:PORT",
    meaning: "The address under which customers reach the product; it is in every setup line, link and cookie.",
    usedBy: ALL,
    read: httpUrl("http:", "https:"),
  }),
  databaseUrl: define({
    name: "DATABASE_URL",
    default: null,
    defaultShown: "embedded Postgres",
    meaning: "A Postgres 16 or newer. Unset: `npm start` runs its own inside the data folder.",
    secret: true,
    usedBy: ALL,
    read: urlOf("a URL like postgres://user:password@host:5432/database", ["postgres:", "postgresql:"]),
  }),
  dataDir: define({
    name: "SWITCHYARD_DATA_DIR",
    default: ".data",
    meaning: "Folder of the embedded database, the generated secrets and the caches; kept at mode 0700.",
    usedBy: ALL,
    read: z.string(),
  }),
  openaiApiKey: define({
    name: "OPENAI_API_KEY",
    default: null,
    meaning: "Key of the first provider. Unset at the first start: the installation is a simulation for good.",
    secret: true,
    usedBy: ["start"],
    read: checked("a key without blanks", (text) => /^\S+$/.test(text)),
  }),
  openaiBaseUrl: define({
    name: "OPENAI_BASE_URL",
    default: "https://api.openai.com/v1",
    meaning: "Where the first provider answers. A loopback or private address given here is allowed.",
    usedBy: ["start"],
    read: httpUrl("http:", "https:"),
  }),
  upstreamAllow: define({
    name: "UPSTREAM_ALLOW",
    default: "",
    meaning: "`host:port` list, comma separated, of the operator's own upstreams that may be on private addresses or plain http.",
    usedBy: ALL,
    read: list("host:port entries, comma separated", (entry) => /^(\[[0-9a-f:.]+\]|[^\s:/]+):\d{1,5}$/i.test(entry)),
  }),
  trustedProxies: define({
    name: "TRUSTED_PROXIES",
    default: "",
    defaultShown: "none",
    meaning:
      "Addresses or CIDR ranges, comma separated, whose `X-Forwarded-For` is believed. All visitors of a proxy that is not listed share one address, and with it the tries at sign-in.",
    usedBy: ["web"],
    read: list("IP addresses or CIDR ranges, comma separated", isAddressOrRange),
  }),
  brandName: define({
    name: "BRAND_NAME",
    default: "Switchyard",
    meaning: "The name on every screen and in mails.",
    usedBy: ALL,
    read: checked("1 to 60 characters", (text) => text.length <= 60),
  }),
  providerId: define({
    name: "PROVIDER_ID",
    default: "codexapi",
    meaning: "Provider id in the customers' Codex configuration.",
    usedBy: ALL,
    read: checked("lower-case letters, digits, - and _", (text) => /^[a-z][a-z0-9_-]{0,39}$/.test(text)),
  }),
  keyEnvName: define({
    name: "KEY_ENV_NAME",
    default: "CODEXAPI_CODEX_API_KEY",
    meaning: "Environment variable that holds the customer's key, in the setup lines.",
    usedBy: ALL,
    read: checked("a name of an environment variable", (text) => /^[A-Z][A-Z0-9_]{0,79}$/.test(text)),
  }),
  codexCatalogue: define({
    name: "CODEX_CATALOGUE",
    default: "fetch",
    meaning: "`fetch`: get the official Codex CLI from the npm registry once and take its model catalogue; `off`: do without.",
    usedBy: ["background"],
    read: z.enum(["fetch", "off"], { error: "fetch or off" }),
  }),
  codexBin: define({
    name: "SWITCHYARD_CODEX_BIN",
    default: null,
    meaning: "An installed Codex CLI binary to use in place of the fetched one.",
    usedBy: ["background"],
    read: z.string(),
  }),
  streamDeadlineS: define({
    name: "STREAM_DEADLINE_S",
    default: "3600",
    meaning: "Seconds that one answer may take in all, waiting included.",
    usedBy: ["web"],
    read: wholeNumber(10, DAY_S),
  }),
  holdHeartbeatTimeoutS: define({
    name: "HOLD_HEARTBEAT_TIMEOUT_S",
    default: "60",
    meaning: "Seconds without a sign of life after which a process has lost its running requests and their money is settled.",
    usedBy: ["web", "background"],
    read: wholeNumber(2, DAY_S),
  }),
  requestLogMonths: define({
    name: "REQUEST_LOG_MONTHS",
    default: "13",
    meaning: "Whole months of the request log that are kept; `0` keeps everything. The ledger is kept for ever.",
    usedBy: ["background"],
    read: wholeNumber(0, 1200),
  }),
  logLevel: define({
    name: "LOG_LEVEL",
    default: "info",
    meaning: "`debug`, `info`, `warn` or `error`.",
    usedBy: ALL,
    read: z.enum(["debug", "info", "warn", "error"], { error: "debug, info, warn or error" }),
  }),
  nextauthSecret: define({
    name: "NEXTAUTH_SECRET",
    default: null,
    defaultShown: "generated",
    meaning: "Signs the session cookies. The same on every machine; kept in the data folder when generated.",
    secret: true,
    usedBy: ["start", "web"],
    read: checked(`at least ${SECRET_LENGTH_MIN} characters`, (text) => text.length >= SECRET_LENGTH_MIN),
  }),
  masterKey: define({
    name: "SWITCHYARD_MASTER_KEY",
    default: null,
    defaultShown: "generated",
    meaning: "Seals provider keys and API keys; without it they cannot be read again. To rotate, put a new one in front: `new,old`.",
    secret: true,
    usedBy: ALL,
    read: checked(`at least ${SECRET_LENGTH_MIN} characters, or several such secrets with commas between them`, (text) =>
      text.split(",").every((part) => part.trim().length >= SECRET_LENGTH_MIN),
    ),
  }),
} as const;

/** Keeps the type of the default: whether there is one decides whether the value can be null. */
function define<T, D extends string | null>(setting: Omit<Setting<T>, "secret" | "default"> & { default: D; secret?: boolean }) {
  return { secret: false, ...setting } satisfies Setting<T>;
}

function checked(rule: string, isValid: (text: string) => boolean) {
  return z.string().refine(isValid, { error: rule });
}

function wholeNumber(min: number, max: number) {
  return checked(
    `a whole number from ${min} to ${max}`,
    (text) => /^\d{1,6}$/.test(text) && Number(text) >= min && Number(text) <= max,
  ).transform(Number);
}

function urlOf(rule: string, protocols: readonly string[]) {
  return checked(rule, (text) => URL.canParse(text) && protocols.includes(new URL(text).protocol));
}

/** Without a trailing slash, so that paths can be appended. */
function httpUrl(...protocols: string[]) {
  const isPlain = (text: string) => {
    const url = URL.canParse(text) ? new URL(text) : null;
    return url !== null && protocols.includes(url.protocol) && url.username === "" && url.search === "" && url.hash === "";
  };
  return checked("an http:// or https:// address without user name, query or #", isPlain).transform((text) => text.replace(/\/+$/, ""));
}

function list(rule: string, isValid: (entry: string) => boolean) {
  const split = (text: string) =>
    text
      .split(",")
      .map((entry) => entry.trim())
      .filter((entry) => entry !== "");
  return checked(rule, (text) => split(text).every(isValid)).transform((text): readonly string[] => split(text));
}

function isAddressOrRange(entry: string): boolean {
  const [address = "", prefix, ...rest] = entry.split("/");
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
}
