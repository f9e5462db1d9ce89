import { expect, test } from "vitest";
import { ConfigError, isLoopbackHost, loadConfig, loadProcessConfig } from "@/lib/config/load-config";
import { CODEX_VERSION } from "@/lib/openai/codex-release";

const masterKey = "k".repeat(32);

function problemsOf(work: () => unknown): readonly string[] {
  try {
    work();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

test("without any variable every setting has its documented default", () => {
  expect(loadConfig({})).toEqual({
    port: 3000,
    host: "127.0.0.1",
    publicUrl: "http://127.0.0.1:3000",
    databaseUrl: null,
    dataDir: ".data",
    openaiApiKey: null,
    openaiBaseUrl: "https://api.openai.com/v1",
    upstreamAllow: [],
    trustedProxies: [],
    brandName: "Switchyard",
    operatorName: null,
    operatorAddress: null,
    supportEmail: null,
    signUp: "open",
    platformFeeUsd: "129",
    providerId: "codexapi",
    requestLogMonths: 13,
    keyEnvName: "CODEXAPI_CODEX_API_KEY",
    codexCatalogue: "fetch",
    codexBin: null,
    codexLanes: "on",
    codexDriver: "auto",
    codexProvider: "built_in",
    codexEngine: "app-server",
    codexVersion: CODEX_VERSION,
    codexCaFile: null,
    codexIdleStopS: 900,
    codexMemoryMib: 512,
    codexHomeMib: 256,
    codexQueueMax: 32,
    codexQueueS: 300,
    spillRequestsPerDay: 5000,
    runnerHost: "127.0.0.1",
    runnerPort: 0,
    runnerSecret: null,
    runnerLeaseS: 15,
    runnerOnStop: "leave",
    egressMap: [],
    egressHost: "127.0.0.1",
    egressPort: 0,
    dockerHosts: [],
    dockerTlsDir: null,
    dockerFirewall: "unproven",
    dockerRuntime: null,
    kubernetesConfigFile: null,
    kubernetesNamespace: "switchyard",
    kubernetesImages: [],
    kubernetesStorageClass: null,
    kubernetesEgressIp: null,
    kubernetesNetworkPolicy: "unproven",
    simulatedSignInUrl: null,
    smtpUrl: null,
    mailFrom: null,
    streamDeadlineS: 3600,
    holdHeartbeatTimeoutS: 60,
    logLevel: "info",
    nextauthSecret: null,
    masterKey: null,
  });
});

test.each(["0.0.0.0", "::", "0:0:0:0:0:0:0:0", "::ffff:0.0.0.0"])("RUNNER_HOST %s is refused: nobody can be sent there", (address) => {
  expect(problemsOf(() => loadConfig({ RUNNER_HOST: address }))).toEqual([
    expect.stringContaining("RUNNER_HOST must be the IP address of one"),
  ]);
});

test("an empty variable counts as unset", () => {
  expect(loadConfig({ PORT: "", OPENAI_API_KEY: "  " })).toMatchObject({ port: 3000, openaiApiKey: null });
});

test("all wrong settings are reported at once, each in a sentence that says what is right", () => {
  expect(problemsOf(() => loadConfig({ PORT: "abc", PUBLIC_URL: "example.com", LOG_LEVEL: "loud" }))).toEqual([
    'PORT must be a whole number from 1 to 65535 (it is "abc").',
    'PUBLIC_URL must be an http:// or https:// address without user name, query or # (it is "example.com").',
    'LOG_LEVEL must be debug, info, warn or error (it is "loud").',
  ]);
});

test("a wrong secret is reported without showing it", () => {
  const problems = problemsOf(() =>
    loadConfig({
      NEXTAUTH_SECRET: "hunter2",
      SWITCHYARD_MASTER_KEY: "hunter2",
      DATABASE_URL: "mysql://root:hunter2@h/d",
      OPENAI_API_KEY: "hunter 2",
    }),
  );
  expect(problems).toHaveLength(4);
  expect(problems.join("\n")).not.toMatch(/hunter/);
});

test.each([
  ["0.0.0.0", "http://localhost:8080"],
  ["::", "http://localhost:8080"],
  ["::1", "http://[::1]:8080"],
  ["10.1.2.3", "http://10.1.2.3:8080"],
])("PUBLIC_URL follows HOST %s as an address that a browser can open", (host, url) => {
  expect(loadConfig({ HOST: host, PORT: "8080" }).publicUrl).toBe(url);
});

test("addresses lose their trailing slashes, lists their blanks", () => {
  const config = loadConfig({
    PUBLIC_URL: "https://gw.example.com/",
    UPSTREAM_ALLOW: "127.0.0.1:9000, [::1]:9001,",
    TRUSTED_PROXIES: "10.0.0.0/8, ::1",
  });
  expect(config.publicUrl).toBe("https://gw.example.com");
  expect(config.upstreamAllow).toEqual(["127.0.0.1:9000", "[::1]:9001"]);
  expect(config.trustedProxies).toEqual(["10.0.0.0/8", "::1"]);
});

test.each(["10.0.0.0/33", "::/129", "example.com", "10.0.0.0/8/8", "10.0.0.0/"])("TRUSTED_PROXIES refuses %s", (entry) => {
  expect(problemsOf(() => loadConfig({ TRUSTED_PROXIES: entry }))).toHaveLength(1);
});

test("a process on its own names everything that npm start would have provided", () => {
  expect(problemsOf(() => loadProcessConfig({}))).toEqual([
    "DATABASE_URL must be set when this process is not started by npm start.",
    "NEXTAUTH_SECRET must be set when this process is not started by npm start.",
    "SWITCHYARD_MASTER_KEY must be set when this process is not started by npm start.",
  ]);
  const env = { DATABASE_URL: "postgres://h/d", NEXTAUTH_SECRET: "s".repeat(32), SWITCHYARD_MASTER_KEY: masterKey };
  expect(loadProcessConfig(env)).toMatchObject({ databaseUrl: "postgres://h/d", masterKey });
});

test.each([
  ["127.0.0.1", true],
  ["127.9.9.9", true],
  ["localhost", true],
  ["::1", true],
  ["0.0.0.0", false],
  ["::", false],
  ["10.0.0.1", false],
  ["127.0.0.1.example.com", false],
])("host %s is loopback: %s", (host, loopback) => {
  expect(isLoopbackHost(host)).toBe(loopback);
});
