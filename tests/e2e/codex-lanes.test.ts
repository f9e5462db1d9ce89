import { execFileSync } from "node:child_process";
import OpenAI from "openai";
import { beforeAll, expect, test } from "vitest";
import { codexExec } from "@/tests/contract/harness/scenarios";
import { lastMessage } from "@/tests/contract/harness/codex";
import { startDesk } from "@/tests/e2e/desk";
import { approve, connect, control, createCustomer, type Customer, runAdmin, shownCode, simulatedOpenai } from "@/tests/e2e/product-desk";

/*
 * The whole product as `npm start` runs it, with the official Codex CLI in its sandboxes: one customer with two ChatGPT accounts and an own
 * key as the last lane but the wallet. The tests build on each other, as a day does.
 */
const MODEL = "gpt-5.5";
const ADA = "ada@simulated.example";
const GRACE = "grace@simulated.example";

type LogRow = {
  laneLabel: string | null;
  outcome: string;
  spillReason: string | null;
  decisions: { label: string; decision: string; reason: string | null }[];
};

const desk = startDesk();
let customer: Customer;
let client: OpenAI;

beforeAll(async () => {
  customer = await createCustomer(desk.product, "dora");
  await runAdmin(
    desk.product,
    ["lane", "add", "--username", "dora", "--label", "My key", "--base-url", simulatedOpenai(desk.product)],
    "sk-made-up",
  );
  client = new OpenAI({ baseURL: `${desk.url}/v1`, apiKey: customer.apiKey, maxRetries: 0 });
});

test("two accounts are connected by code, and stand above key and wallet", async () => {
  const page = await desk.openSignedIn(customer);
  for (const [label, email] of [
    ["Account A", ADA],
    ["Account B", GRACE],
  ] as const) {
    await connect(desk.product, page, label);
    await approve(page, await shownCode(page), email);
  }
  await page.goto("/dashboard/lanes");
  const order = () => page.getByRole("list", { name: "Lanes in their order" }).getByRole("heading").allInnerTexts();
  await expect.poll(order).toEqual(["Account A", "Account B", "My key", "Wallet"]);
});

test("the SDK is answered on account A, token by token", async () => {
  const stream = client.chat.completions.stream({ model: MODEL, messages: [{ role: "user", content: "say: through the official CLI" }] });
  let deltas = 0;
  stream.on("content", () => {
    deltas += 1;
  });
  expect(await stream.finalContent()).toBe("through the official CLI");
  expect(deltas).toBeGreaterThan(1);
  expect(await lastLogRow()).toMatchObject({ lane: { label: "Account A" }, outcome: "completed" });
});

test("with the window of A full, the same request goes on over B, then over the key, and the client notices nothing", async () => {
  await control(desk.product, "exhaust", { account: ADA });
  expect(await say("over B")).toBe("over B");
  expect(await lastLogRow()).toMatchObject({
    lane: { label: "Account B" },
    decisions: [
      { label: "Account A", decision: "declined" },
      { label: "Account B", decision: "answered" },
      { label: "My key", reason: "not_needed" },
      { label: "Wallet", reason: "not_needed" },
    ],
  });
  await control(desk.product, "exhaust", { account: GRACE });
  expect(await say("over the key")).toBe("over the key");
  expect(await lastLogRow()).toMatchObject({ lane: { label: "My key" }, spillReason: "exhausted" });
  const page = await desk.openSignedIn(customer);
  await page.getByText("answered 1 request in place of your Codex lanes").waitFor();
});

test("when a window resets and its owner looks again, traffic returns", async () => {
  await control(desk.product, "reset-windows", { account: ADA });
  const page = await desk.openSignedIn(customer, { at: "/dashboard/lanes" });
  await page.getByRole("button", { name: "Check now: Account A" }).click();
  await expect.poll(() => say("back on A").then(lastLogRow)).toMatchObject({ lane: { label: "Account A" } });
});

test("the Codex CLI itself takes the key, because it brings tools that a Codex lane cannot carry, and the log says so", async () => {
  const run = await codexExec({ baseUrl: `${desk.url}/v1`, apiKey: customer.apiKey }, { model: MODEL, prompt: "say: with my own tools" });
  expect(lastMessage(run)).toBe("with my own tools");
  const row = await lastLogRow();
  expect(row).toMatchObject({ lane: { label: "My key" }, spillReason: "cannot" });
  expect(row.decisions[0]).toMatchObject({ label: "Account A", decision: "skipped", reason: "cannot" });
});

test("a runner killed with -9 in mid-turn ends that answer with words; the next request is answered on the same account", async () => {
  const stream = await client.responses.create({ model: MODEL, input: "slow: 15\nsay: never whole", stream: true });
  const seen: OpenAI.Responses.ResponseStreamEvent[] = [];
  for await (const event of stream) {
    if (event.type === "response.output_text.delta" && !seen.some(({ type }) => type === event.type)) {
      process.kill(desk.product.workerPid("codex-runner"), "SIGKILL");
    }
    seen.push(event);
  }
  expect(seen.at(-1)).toMatchObject({ type: "response.failed", response: { error: { message: expect.stringMatching(/try again/i) } } });
  await expect.poll(() => say("alive again").then(lastLogRow), { timeout: 60_000 }).toMatchObject({ lane: { label: "Account A" } });
});

test("stopping the product leaves no container behind, those of the killed runner included", async () => {
  expect(sandboxes()).not.toEqual([]);
  await desk.product.stop();
  expect(sandboxes()).toEqual([]);
});

/** Process numbers of what runs in sandboxes of this installation: the outer one names its folder. */
function sandboxes(): string[] {
  const table = execFileSync("ps", ["-eo", "pid=,args=", "-ww"], { encoding: "utf8" });
  return table.split("\n").filter((row) => row.includes("bwrap") && row.includes(desk.folder));
}

async function say(text: string): Promise<string> {
  return (await client.responses.create({ model: MODEL, input: `say: ${text}` })).output_text;
}

async function lastLogRow(): Promise<LogRow> {
  const answer = await fetch(`${desk.url}/api/v1/requests?limit=1`, { headers: { authorization: `Bearer ${customer.apiKey}` } });
  const { rows } = (await answer.json()) as { rows: LogRow[] };
  return rows[0] as LogRow;
}
