import { dirname } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { setupLines } from "@/lib/codex/setup-lines";
import { codexBinary, openDesk, PROVIDER_ID } from "@/tests/contract/harness/codex";
import { linesOf, logOnceWritten, type RecordedGateway, recordedGateway } from "@/tests/contract/harness/gateway-endpoint";
import { startTerminal } from "@/tests/contract/harness/tui";
import { walletOf } from "@/tests/factories/gateway";

let gateway: RecordedGateway;

beforeAll(async () => {
  gateway = await recordedGateway();
});

afterAll(() => gateway.close());

test("the three lines, pasted into a shell as they are shown, give an answer and then an interactive Codex", async () => {
  const client = await gateway.client();
  const desk = await openDesk(null);
  onTestFinished(desk.dispose);
  const env = { ...desk.env, PATH: `${dirname(await codexBinary())}:${desk.env.PATH}`, PS1: "$ " };
  const shell = startTerminal("/bin/sh", ["-i"], { work: desk.work, env });
  onTestFinished(shell.close);

  const { exportKey, smokeTest, start } = setupLines({
    brandName: "Switchyard",
    providerId: PROVIDER_ID,
    keyEnvName: "CODEXAPI_CODEX_API_KEY",
    publicUrl: gateway.url,
    apiKey: client.customer.secret,
  });
  shell.type(`${exportKey}\n${smokeTest}\n${start}\n`);
  await shell.waitForText("You said: Say hello");
  await shell.waitForText(">_ OpenAI Codex");
  await shell.submit("say: from the terminal");
  await shell.waitForText("• from the terminal");

  const calls = gateway.callsOf(client);
  expect(new Set(linesOf(calls))).toEqual(new Set(["POST /v1/responses 200"]));
  const rows = await logOnceWritten(gateway, client, calls.length);
  expect(rows[0]).toMatchObject({ requestKind: "turn", threadSource: "user", outcome: "completed" });
  expect((await walletOf(gateway.database, client.customer)).available).toBeLessThan(20_000_000n);
});
