import { isIP } from "node:net";
import { z } from "zod";
import { readIpAddress } from "@/lib/http/ip-address";
import { CODEX_TARBALL_INTEGRITY, CODEX_VERSION } from "@/lib/openai/codex-release";

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

export type SettingUser = "start" | "web" | "background" | "codex-runner" | "egress-proxy" | "admin" | "simulator";

const ALL: readonly SettingUser[] = ["start", "web", "background", "codex-runner", "egress-proxy", "admin"];
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
  operatorName: define({
    name: "OPERATOR_NAME",
    default: null,
    defaultShown: "the brand's name",
    meaning: "The company or person behind this installation, as the terms and the privacy page name it.",
    usedBy: ["web"],
    read: checked("at most 200 characters", (text) => text.length <= 200),
  }),
  operatorAddress: define({
    name: "OPERATOR_ADDRESS",
    default: null,
    meaning: "Postal address of the operator for the legal pages, in one line.",
    usedBy: ["web"],
    read: checked("at most 400 characters", (text) => text.length <= 400),
  }),
  supportEmail: define({
    name: "SUPPORT_EMAIL",
    default: null,
    meaning: "Where customers write to: shown on the legal pages, in the support checklist and in errors.",
    usedBy: ALL,
    read: checked("an e-mail address", (text) => /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text)),
  }),
  signUp: define({
    name: "SIGN_UP",
    default: "open",
    meaning:
      "Who may make an account: `open` anyone with an e-mail address, `review` the same, but an admin lets each one in, `closed` only the operator makes customers.",
    usedBy: ["web", "background"],
    read: z.enum(["open", "review", "closed"], { error: "open, review or closed" }),
  }),
  platformFeeUsd: define({
    name: "PLATFORM_FEE_USD",
    default: "129",
    meaning: "Monthly fee for Codex lanes, as the price page and the calculator show it.",
    usedBy: ["web"],
    read: checked("US dollars like 129 or 129.50", (text) => /^\d{1,6}(\.\d{1,2})?$/.test(text)),
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
    usedBy: ["background", "codex-runner"],
    read: z.string(),
  }),
  codexLanes: define({
    name: "CODEX_LANES",
    default: "on",
    meaning: "`on`: this machine also drives Codex containers (`codex-runner` and `egress-proxy` run here); `off`: it does not.",
    usedBy: ["start"],
    read: z.enum(["on", "off"], { error: "on or off" }),
  }),
  codexDriver: define({
    name: "CODEX_DRIVER",
    default: "auto",
    meaning:
      "What holds a ChatGPT account's Codex: `bubblewrap`, `docker`, `kubernetes`, or `process`, which isolates nothing. `auto`: bubblewrap on Linux, else process, which is refused unless HOST, PUBLIC_URL and RUNNER_HOST are all loopback addresses.",
    usedBy: ["codex-runner"],
    read: z.enum(["auto", "bubblewrap", "process", "docker", "kubernetes"], { error: "auto, bubblewrap, process, docker or kubernetes" }),
  }),
  codexProvider: define({
    name: "CODEX_PROVIDER",
    default: "built_in",
    meaning:
      "`built_in`: Codex's own ChatGPT provider as OpenAI ships it; `lane`: a provider block of ours to the same address, without its retries.",
    usedBy: ["codex-runner"],
    read: z.enum(["built_in", "lane"], { error: "built_in or lane" }),
  }),
  codexEngine: define({
    name: "CODEX_ENGINE",
    default: "app-server",
    meaning:
      "What answers turns: `app-server`, token by token, or `exec`: one `codex exec` per request, while app-server is stopped. `exec` takes requests that are one user message of text, one at a time per account, and answers them whole; everything else takes the next lane. It needs the driver `bubblewrap` or `process`.",
    usedBy: ["codex-runner"],
    read: z.enum(["app-server", "exec"], { error: "app-server or exec" }),
  }),
  codexVersion: define({
    name: "CODEX_VERSION",
    default: CODEX_VERSION,
    meaning: "The version of the official Codex CLI in the containers; one whose digest this release knows.",
    usedBy: ["background", "codex-runner"],
    read: checked("a version whose digest this release knows", (text) => text in CODEX_TARBALL_INTEGRITY),
  }),
  codexCaFile: define({
    name: "CODEX_CA_FILE",
    default: null,
    meaning: "Certificate authorities, PEM, that the containers trust beside the system's.",
    usedBy: ["codex-runner"],
    read: z.string(),
  }),
  codexIdleStopS: define({
    name: "CODEX_IDLE_STOP_S",
    default: "900",
    meaning: "Seconds without a turn after which a container is stopped; it starts again with the next one.",
    usedBy: ["codex-runner"],
    read: wholeNumber(10, DAY_S),
  }),
  codexMemoryMib: define({
    name: "CODEX_MEMORY_MIB",
    default: "512",
    meaning: "Memory of one container, where the driver can limit it.",
    usedBy: ["codex-runner"],
    read: wholeNumber(128, 65_536),
  }),
  codexHomeMib: define({
    name: "CODEX_HOME_MIB",
    default: "256",
    meaning: "Size of one container's home beyond which its log database is emptied, and the owner told when that is not enough.",
    usedBy: ["codex-runner"],
    read: wholeNumber(16, 65_536),
  }),
  codexQueueMax: define({
    name: "CODEX_QUEUE_MAX",
    default: "32",
    meaning: "Requests that may stand in line for one ChatGPT account.",
    usedBy: ["codex-runner"],
    read: wholeNumber(0, 1000),
  }),
  codexQueueS: define({
    name: "CODEX_QUEUE_S",
    default: "300",
    meaning: "Seconds that a streamed request may stand in line; others at most 60.",
    usedBy: ["web"],
    read: wholeNumber(1, 3600),
  }),
  dockerHosts: define({
    name: "DOCKER_HOSTS",
    default: "",
    defaultShown: "the engine of this machine",
    meaning:
      "For `docker`: `name=unix:///path` or `name=tcp://host:port` list, comma separated, of the engines. The name is kept with every account whose home is there. `unix` means the machine of the runner, so runners on several machines need the same list of `tcp` engines.",
    usedBy: ["codex-runner"],
    read: list("name=unix:///path or name=tcp://host:port entries, comma separated, each name once", isDockerEngine, hasNamesOnce),
  }),
  dockerTlsDir: define({
    name: "DOCKER_TLS_DIR",
    default: null,
    meaning:
      "For `docker`: folder with `ca.pem`, `cert.pem` and `key.pem` for the engines at `tcp://`. Unset: only those on a loopback address are spoken to.",
    usedBy: ["codex-runner"],
    read: z.string(),
  }),
  dockerFirewall: define({
    name: "DOCKER_FIREWALL",
    default: "unproven",
    meaning:
      "For `docker` with engines on other machines: `enforced` says that you have seen each of these machines drop what comes from the containers, except to the egress proxy. Until then their network is shown as open, and an installation that is offered to others is refused.",
    usedBy: ["codex-runner"],
    read: z.enum(["unproven", "enforced"], { error: "unproven or enforced" }),
  }),
  dockerRuntime: define({
    name: "DOCKER_RUNTIME",
    default: null,
    defaultShown: "the engine's default",
    meaning: "For `docker`: OCI runtime of the containers, as `runsc`.",
    usedBy: ["codex-runner"],
    read: checked("the name of a runtime", (text) => /^[A-Za-z0-9._-]{1,60}$/.test(text)),
  }),
  kubernetesConfigFile: define({
    name: "KUBERNETES_CONFIG_FILE",
    default: null,
    defaultShown: "KUBECONFIG, ~/.kube/config, or the service account of the runner's own pod",
    meaning: "For `kubernetes`: the kubeconfig of the cluster; its current context is used.",
    usedBy: ["codex-runner"],
    read: z.string(),
  }),
  kubernetesNamespace: define({
    name: "KUBERNETES_NAMESPACE",
    default: "switchyard",
    meaning: "For `kubernetes`: an existing namespace of its own for the containers and their homes.",
    usedBy: ["codex-runner"],
    read: checked("the name of a namespace", (text) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(text)),
  }),
  kubernetesImages: define({
    name: "KUBERNETES_IMAGES",
    default: "",
    meaning:
      "For `kubernetes`: `version=registry/name@sha256:…` list, comma separated: the image of each Codex CLI version in use, by its digest. It is the image that the `docker` driver makes, pushed to a registry of the cluster's.",
    usedBy: ["codex-runner"],
    read: list(
      "version=registry/name@sha256:digest entries, comma separated, each version once",
      (entry) => /^\d+\.\d+\.\d+=[a-z0-9][a-z0-9._:/-]*@sha256:[0-9a-f]{64}$/.test(entry),
      hasNamesOnce,
    ),
  }),
  kubernetesStorageClass: define({
    name: "KUBERNETES_STORAGE_CLASS",
    default: null,
    defaultShown: "the cluster's default",
    meaning: "For `kubernetes`: storage class of the homes.",
    usedBy: ["codex-runner"],
    read: checked("the name of a storage class", (text) => /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(text)),
  }),
  kubernetesEgressIp: define({
    name: "KUBERNETES_EGRESS_IP",
    default: null,
    meaning:
      "For `kubernetes`: where the containers reach the egress proxy, at EGRESS_PORT: the address of its machine, or the cluster IP of a service before pods labelled `app.kubernetes.io/name: switchyard-egress`. An address, since the containers have no DNS.",
    usedBy: ["codex-runner"],
    read: checked("an IP address", (text) => isIP(text) !== 0),
  }),
  kubernetesNetworkPolicy: define({
    name: "KUBERNETES_NETWORK_POLICY",
    default: "unproven",
    meaning:
      "For `kubernetes`: `enforced` says that you have seen the cluster's network plugin enforce a NetworkPolicy; a cluster without such a plugin takes them and does nothing, and cannot be asked. Until then the network of the containers is shown as open, and an installation that is offered to others is refused.",
    usedBy: ["codex-runner"],
    read: z.enum(["unproven", "enforced"], { error: "unproven or enforced" }),
  }),
  spillRequestsPerDay: define({
    name: "SPILL_REQUESTS_PER_DAY",
    default: "5000",
    meaning: "Requests per UTC day that one paid lane takes over from the Codex lanes above it; beyond that they are refused.",
    usedBy: ["web"],
    read: wholeNumber(0, 999_999),
  }),
  runnerHost: define({
    name: "RUNNER_HOST",
    default: "127.0.0.1",
    meaning:
      "Address on which a runner listens for `web`, and under which `web` finds it. It speaks plain http: anything but loopback belongs on a private network.",
    usedBy: ["codex-runner"],
    read: checked(
      "the IP address of one network interface, since `web` finds the runner under it; not 0.0.0.0 or ::",
      (text) => isIP(text) !== 0 && !isUnspecified(text),
    ),
  }),
  runnerPort: define({
    name: "RUNNER_PORT",
    default: "0",
    meaning: "Port of the runner; `0` takes a free one.",
    usedBy: ["codex-runner"],
    read: wholeNumber(0, 65_535),
  }),
  runnerSecret: define({
    name: "RUNNER_SECRET",
    default: null,
    defaultShown: "generated",
    meaning: "Shared by `web`, the runners and the egress proxies. The same on every machine; kept in the data folder when generated.",
    secret: true,
    usedBy: ["start", "web", "background", "codex-runner", "egress-proxy"],
    read: checked(`at least ${SECRET_LENGTH_MIN} characters`, (text) => text.length >= SECRET_LENGTH_MIN),
  }),
  runnerLeaseS: define({
    name: "RUNNER_LEASE_S",
    default: "15",
    meaning:
      "Seconds without a heartbeat after which another runner may take over the containers of a runner, and their way out is closed.",
    usedBy: ["codex-runner", "egress-proxy"],
    read: wholeNumber(3, 300),
  }),
  runnerOnStop: define({
    name: "RUNNER_ON_STOP",
    default: "leave",
    meaning:
      "What becomes of this place's containers when a runner is stopped: `leave` them to the next runner, or `stop` them all. `npm start` stops them.",
    usedBy: ["codex-runner"],
    read: z.enum(["leave", "stop"], { error: "leave or stop" }),
  }),
  egressHost: define({
    name: "EGRESS_HOST",
    default: "127.0.0.1",
    meaning:
      "Address on which the egress proxy listens for containers that have no door of their own (`process`, containers of another engine, a cluster).",
    usedBy: ["egress-proxy"],
    read: checked("an IP address", (text) => isIP(text) !== 0),
  }),
  egressPort: define({
    name: "EGRESS_PORT",
    default: "0",
    meaning: "Its port; `0` takes a free one, which only the containers of this machine can be told.",
    usedBy: ["codex-runner", "egress-proxy"],
    read: wholeNumber(0, 65_535),
  }),
  egressMap: define({
    name: "EGRESS_MAP",
    default: "",
    meaning:
      "In a simulated installation: `name=host:port` list, comma separated, of where OpenAI's names really lead. Refused in a live one.",
    usedBy: ["egress-proxy"],
    read: list("name=host:port entries, comma separated", (entry) => /^[a-z0-9.-]+=(\[[0-9a-f:.]+\]|[^\s:/=]+):\d{1,5}$/i.test(entry)),
  }),
  simulatedSignInUrl: define({
    name: "SIMULATED_SIGN_IN_URL",
    default: null,
    defaultShown: "set by `npm start`",
    meaning: "In a simulated installation: where a person approves a device code in the place of OpenAI.",
    usedBy: ["web"],
    read: httpUrl("http:", "https:"),
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
  smtpUrl: define({
    name: "SMTP_URL",
    default: null,
    defaultShown: "none: mails wait in the outbox",
    meaning: "The server that sends mail, like `smtps://user:password@mail.example.com`; `smtp://` uses STARTTLS where it is offered.",
    secret: true,
    usedBy: ["web", "background"],
    read: urlOf("a URL like smtps://user:password@mail.example.com", ["smtp:", "smtps:"]),
  }),
  mailFrom: define({
    name: "MAIL_FROM",
    default: null,
    defaultShown: "`no-reply@` and the host of PUBLIC_URL",
    meaning: "The address that mails come from; their name is the brand's.",
    usedBy: ["background"],
    read: checked("an e-mail address", (text) => /^[^\s@<>"]+@[^\s@<>"]+$/.test(text)),
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
    meaning:
      "Seals provider keys and API keys; without it they cannot be read again. To rotate, put a new one in front and keep the old one: `new,old`.",
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

function list(rule: string, isValid: (entry: string) => boolean, isWhole: (entries: readonly string[]) => boolean = () => true) {
  const split = (text: string) =>
    text
      .split(",")
      .map((entry) => entry.trim())
      .filter((entry) => entry !== "");
  const isList = (text: string) => split(text).every(isValid) && isWhole(split(text));
  return checked(rule, isList).transform((text): readonly string[] => split(text));
}

/** `name=unix:///path` or `name=tcp://host:port`. */
function isDockerEngine(entry: string): boolean {
  const at = entry.indexOf("=");
  const [name, address] = [entry.slice(0, at), entry.slice(at + 1)];
  if (at < 0 || !HOSTNAME.test(name) || !URL.canParse(address)) return false;
  const url = new URL(address);
  if (url.protocol === "unix:") return url.host === "" && url.pathname.length > 1;
  return url.protocol === "tcp:" && url.hostname !== "" && url.port !== "" && url.username === "" && url.pathname.length <= 1;
}

/** 0.0.0.0 and ::, however they are written: every interface to whoever listens, and no address to whoever connects. */
function isUnspecified(address: string): boolean {
  return ["0.0.0.0", "::"].includes(readIpAddress(address)?.text ?? "");
}

function hasNamesOnce(entries: readonly string[]): boolean {
  const names = entries.map((entry) => entry.split("=")[0]);
  return new Set(names).size === names.length;
}

function isAddressOrRange(entry: string): boolean {
  const [address = "", prefix, ...rest] = entry.split("/");
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
}
