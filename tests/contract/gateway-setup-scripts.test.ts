import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { withTransaction } from "@/db/transaction";
import type { SetupTarget } from "@/lib/codex/setup-config";
import { setupGuide, type Credential, type Way } from "@/lib/codex/setup-guide";
import { setupScriptSh } from "@/lib/codex/setup-script-sh";
import { AppError } from "@/lib/errors/app-error";
import { serveNodeRequest } from "@/lib/http/node-adapter";
import { issueHelper } from "@/lib/keys/issue-helper";
import { issueShortKey } from "@/lib/keys/issue-short-key";
import { KeyCache } from "@/lib/keys/key-cache";
import { revokeHelper } from "@/lib/keys/revoke-helper";
import { codexBinary } from "@/tests/contract/harness/codex";
import { type Client, linesOf, type RecordedGateway, recordedGateway } from "@/tests/contract/harness/gateway-endpoint";
import { OPERATOR } from "@/tests/factories/customer";
import { TEST_MASTER_KEY } from "@/tests/factories/provider";

/**
 * The lines of the setup page and what they start, in a real sh with the real Codex CLI: each home is a person's, with a configuration
 * of their own that must come back as it was.
 */
const RUN_MS_MAX = 120_000;
const HOMES = path.join(import.meta.dirname, "../../.cache/codex-desks");
/** Keeps a test off the internet; and what a person may have had before. */
const OWN_CONFIG = `# mine
model_provider = "other"
model = "gpt-5.5"
check_for_update_on_startup = false
notify = [
  "true",
]
developer_instructions = """
[not a table]
model_provider = "not a setting"
"""

[analytics]
enabled = false

[features]
plugins = false
apps = false

[model_providers.other]
name = "Other"
base_url = "http://127.0.0.1:9/v1"`;

let gateway: RecordedGateway;
let target: SetupTarget;
let close: () => Promise<void>;
/** By how much the clock of the helper's address is behind, for one answer. */
let behindMs = 0;

beforeAll(async () => {
  gateway = await recordedGateway();
  const server = createServer((req, res) => void answer(req, res).catch(() => res.destroy()));
  await new Promise<void>((fulfil) => server.listen(0, "127.0.0.1", fulfil));
  const publicUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  target = { brandName: 'It\'s "ours" & Co', providerId: "codexapi", keyEnvName: "CODEXAPI_CODEX_API_KEY", publicUrl };
  close = () =>
    new Promise<void>((fulfil) => {
      server.close(() => fulfil());
      server.closeAllConnections();
    });
});

afterAll(async () => {
  await close();
  await gateway.close();
});

/** The product's addresses that setup needs, on one origin. */
async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
  if (req.url === "/setup.sh") {
    res.end(setupScriptSh(target));
  } else if (req.url === "/api/v1/keys/short-lived") {
    const secret = req.headers.authorization?.slice("Bearer ".length) ?? "";
    const now = new Date(Date.now() - behindMs);
    const clock = { now: () => now };
    behindMs = 0;
    const issued = issueShortKey(gateway.database.orm, secret, {
      cache: new KeyCache(gateway.database.orm, clock),
      clock,
      clientAddress: "127.0.0.1",
      publicUrl: target.publicUrl,
      masterKey: TEST_MASTER_KEY,
    });
    const text = await issued.then(
      ({ key }) => key,
      (error: unknown) => (error instanceof AppError ? JSON.stringify({ error: { message: error.message } }) : "a bug"),
    );
    res.end(`${text}\n`);
  } else {
    await serveNodeRequest(gateway.runtime.gateway.handle, { req, res }, { trustedProxies: [], stallMs: RUN_MS_MAX });
  }
}

type Person = { home: string; file: (name: string) => string; sh: (line: string, shell?: "sh" | "bash") => Promise<Ran> };
type Ran = { code: number | null; stdout: string; stderr: string };

async function person(config: string | null = OWN_CONFIG): Promise<Person> {
  const home = path.join(HOMES, `it's ${randomUUID()}`);
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  await mkdir(path.join(home, ".codex"), { recursive: true });
  await mkdir(path.join(home, "work"));
  if (config !== null) await writeFile(path.join(home, ".codex/config.toml"), config);
  await writeFile(path.join(home, ".bashrc"), "alias ll='ls -l'");
  const env = {
    NODE_ENV: process.env.NODE_ENV,
    PATH: `${path.dirname(await codexBinary())}:${process.env["PATH"]}`,
    HOME: home,
    SHELL: "/bin/bash",
    LANG: "C.UTF-8",
  };
  return {
    home,
    file: (name) => path.join(home, name),
    // An interactive bash reads .bashrc, as a new terminal does.
    sh: (line, shell = "sh") => run(shell, shell === "bash" ? ["-ic", line] : ["-c", line], { cwd: path.join(home, "work"), env }),
  };
}

async function run(program: string, args: string[], options: { cwd: string; env: NodeJS.ProcessEnv }): Promise<Ran> {
  const child = spawn(program, args, { ...options, stdio: ["ignore", "pipe", "pipe"], timeout: RUN_MS_MAX });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const code = await new Promise<number | null>((fulfil, reject) => child.once("error", reject).once("close", fulfil));
  return { code, stdout, stderr };
}

function lines(way: Way, credential: Credential | null) {
  const guide = setupGuide({ target, credential, model: "gpt-5.5", system: "unix", way });
  if (!guide) throw new Error("no guide for sh");
  return { ...guide, first: guide.steps[0]!.line, second: guide.test.line };
}

const keyOf = (client: Client): Credential => ({ kind: "key", secret: client.customer.secret });

describe("once", () => {
  test("the line asks its question and leaves the configuration alone; the session can be gone on with", async () => {
    const [client, someone] = [await gateway.client(), await person()];
    const { second, resume } = lines("once", keyOf(client));
    const asked = await someone.sh(second);
    expect(asked, asked.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining("You said: Say hello") as string });
    expect(await readFile(someone.file(".codex/config.toml"), "utf8")).toBe(OWN_CONFIG);
    // The interactive line needs a terminal; its exec twin takes the same flags.
    const again = await someone.sh(
      resume.line.replace(" resume --last --search", " exec --skip-git-repo-check resume --last 'say: again'"),
    );
    expect(again, again.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining("again") as string });
    expect(new Set(linesOf(gateway.callsOf(client)))).toEqual(new Set(["POST /v1/responses 200"]));
  });
});

describe("for good", () => {
  test("a new terminal has Codex set up; a second run changes nothing; undo brings every byte back", async () => {
    const [client, someone] = [await gateway.client(), await person()];
    const { first, second, undo } = lines("permanent", keyOf(client));
    const done = await someone.sh(first);
    expect(done, done.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining("You said: Say hello") as string });
    const written = await readFile(someone.file(".codex/config.toml"), "utf8");
    expect(written).toContain(OWN_CONFIG.replace('model_provider = "other"', '# codexapi off: model_provider = "other"'));
    expect((await stat(someone.file(".codex/codexapi.env"))).mode & 0o777).toBe(0o600);

    const asked = await someone.sh(second, "bash");
    expect(asked, asked.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining("You said: Say hello") as string });
    expect(gateway.callsOf(client)).toHaveLength(2);

    expect(await someone.sh(`${first} -s -- --no-verify`)).toMatchObject({ code: 0 });
    expect(await readFile(someone.file(".codex/config.toml"), "utf8")).toBe(written);

    expect(await someone.sh(undo!.line)).toMatchObject({ code: 0 });
    expect(await readFile(someone.file(".codex/config.toml"), "utf8")).toBe(OWN_CONFIG);
    expect(await readFile(someone.file(".bashrc"), "utf8")).toBe("alias ll='ls -l'");
    expect(["codexapi.env", "codexapi-setup"].filter((name) => existsSync(someone.file(`.codex/${name}`)))).toEqual([]);
  });

  test("what Codex itself has written in the meantime stays when it is undone", async () => {
    const [client, someone] = [await gateway.client(), await person()];
    const { first, undo } = lines("permanent", keyOf(client));
    await someone.sh(`${first} -s -- --no-verify`);
    const written = await readFile(someone.file(".codex/config.toml"), "utf8");
    await writeFile(someone.file(".codex/config.toml"), written.replace("# <<<", 'model_verbosity = "low"\n# <<<'));
    for (const line of ["codex features enable memories", "codex mcp add mine -- true"])
      expect(await someone.sh(line)).toMatchObject({ code: 0 });
    expect(await someone.sh(undo!.line)).toMatchObject({ code: 0 });
    const left = `${await readFile(someone.file(".codex/config.toml"), "utf8")}\n`;
    expect(left).not.toContain("codexapi");
    // Codex puts what is new before the mark at the end, and so between ours.
    const added = ["memories = true\n", '[mcp_servers.mine]\ncommand = "true"\n', 'model_verbosity = "low"\n'];
    for (const text of added) expect(left).toContain(text);
    expect(added.reduce((text, one) => text.replace(one, ""), left).trim()).toBe(OWN_CONFIG);
  });

  test("where there was no configuration, none is left", async () => {
    const [client, someone] = [await gateway.client(), await person(null)];
    const { first, undo } = lines("permanent", keyOf(client));
    expect(await someone.sh(`${first} -s -- --no-verify`)).toMatchObject({ code: 0 });
    expect(existsSync(someone.file(".codex/config.toml"))).toBe(true);
    await someone.sh(undo!.line);
    expect(existsSync(someone.file(".codex/config.toml"))).toBe(false);
  });

  test("a configuration that would not be read with ours in it is put back, and so is one that has our provider from elsewhere", async () => {
    const client = await gateway.client();
    const { first } = lines("permanent", keyOf(client));
    const cases = {
      'model_providers = { mine = { name = "Mine", base_url = "http://127.0.0.1:9/v1" } }\n': "It is as it was before.",
      '[model_providers.codexapi]\nname = "Mine"\nbase_url = "http://127.0.0.1:9/v1"\n': "is not from here",
    };
    for (const [config, words] of Object.entries(cases)) {
      const someone = await person(config);
      expect(await someone.sh(first)).toMatchObject({ code: 1, stderr: expect.stringContaining(words) as string });
      expect(await readFile(someone.file(".codex/config.toml"), "utf8")).toBe(config);
    }
    expect(gateway.callsOf(client)).toEqual([]);
  });

  test("blocks that were pasted by hand are known again by the script", async () => {
    const [client, someone] = [await gateway.client(), await person()];
    const { byHand, second, undo } = lines("permanent", keyOf(client));
    const [copy, top, table, variable] = byHand.map(({ line }) => line);
    await someone.sh(copy!);
    const own = OWN_CONFIG.replace("model_provider", "#model_provider");
    await writeFile(someone.file(".codex/config.toml"), `${top}\n${own}\n${table}\n`);
    const asked = await someone.sh(`${variable}; ${second}`);
    expect(asked, asked.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining("You said: Say hello") as string });
    await someone.sh(undo!.line);
    expect(await readFile(someone.file(".codex/config.toml"), "utf8")).toBe(`${own}\n`);
    await someone.sh(byHand.at(-1)!.line);
    expect(await readFile(someone.file(".codex/config.toml"), "utf8")).toBe(OWN_CONFIG);
  });

  test("a key that is refused is told in Codex's words, and the setup can still be undone", async () => {
    const someone = await person();
    const { first, undo } = lines("permanent", { kind: "key", secret: "sk-sy-nobody" });
    expect(await someone.sh(first)).toMatchObject({ code: 1, stderr: expect.stringContaining("This API key is not known") as string });
    await someone.sh(undo!.line);
    expect(await readFile(someone.file(".codex/config.toml"), "utf8")).toBe(OWN_CONFIG);
  });
});

describe("beside another Codex", () => {
  test("everything is in a folder of its own, which undo empties of what is ours", async () => {
    const [client, someone] = [await gateway.client(), await person()];
    const { first, second, undo } = lines("isolated", keyOf(client));
    expect(await someone.sh(`${first} --no-verify`)).toMatchObject({ code: 0 });
    const asked = await someone.sh(second);
    expect(asked, asked.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining("You said: Say hello") as string });
    expect(await readFile(someone.file(".codex/config.toml"), "utf8")).toBe(OWN_CONFIG);
    expect(await readFile(someone.file(".bashrc"), "utf8")).toBe("alias ll='ls -l'");
    expect(await someone.sh(undo!.line)).toMatchObject({ code: 0 });
    for (const name of ["config.toml", "start", "codexapi.env"])
      expect(existsSync(someone.file(`.codex-codexapi/${name}`)), name).toBe(false);
  });
});

describe("with the helper", () => {
  async function withHelper(client: Client) {
    const { userId, keyId } = client.customer;
    const helper = await withTransaction(gateway.database.orm, (tx) =>
      issueHelper(tx, { keyId, userId, name: "laptop", actor: OPERATOR, clock: { now: () => new Date() } }),
    );
    return { helper, ...lines("permanent", { kind: "helper", secret: helper.secret }) };
  }

  /** Short-lived keys are other texts than the key: whoever pays tells whose they are. */
  function postsOf(from: number) {
    return linesOf(gateway.calls.slice(from)).filter((line) => line.startsWith("POST"));
  }

  test("no key is on the disk and none in a variable; a key that has expired is fetched anew in the middle of a turn", async () => {
    const [client, someone] = [await gateway.client(), await person()];
    const { first, second, undo } = await withHelper(client);
    const done = await someone.sh(first);
    expect(done, done.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining("You said: Say hello") as string });
    expect((await stat(someone.file(".codex/codexapi-key.sh"))).mode & 0o777).toBe(0o600);
    expect((await someone.sh(`grep -rl ${client.customer.secret} "$HOME"`)).stdout).toBe("");

    const from = gateway.calls.length;
    behindMs = 11 * 60_000;
    const asked = await someone.sh(second);
    expect(asked, asked.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining("You said: Say hello") as string });
    expect(linesOf(gateway.calls.slice(from)).some((line) => line.endsWith(" 401"))).toBe(true);
    expect(postsOf(from).at(-1)).toBe("POST /v1/responses 200");

    await someone.sh(undo!.line);
    expect(await readFile(someone.file(".codex/config.toml"), "utf8")).toBe(OWN_CONFIG);
    expect(existsSync(someone.file(".codex/codexapi-key.sh"))).toBe(false);
  });

  test("once it is revoked, Codex gets no further", async () => {
    const [client, someone] = [await gateway.client(), await person()];
    const { first, second, helper } = await withHelper(client);
    expect(await someone.sh(`${first} --no-verify`)).toMatchObject({ code: 0 });
    const { userId } = client.customer;
    await withTransaction(gateway.database.orm, (tx) =>
      revokeHelper(tx, { helperId: helper.id, userId, actor: OPERATOR, clock: { now: () => new Date() } }),
    );
    const from = gateway.calls.length;
    const asked = await someone.sh(second);
    expect(asked.code).not.toBe(0);
    expect(asked.stderr).toContain("This helper was revoked");
    // Codex then asks without any key, and is told so.
    expect(new Set(postsOf(from))).toEqual(new Set(["POST /v1/responses 400"]));
  });
});
