import { rmSync } from "node:fs";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import type { Sql } from "postgres";
import { issueKey } from "@/lib/keys/issue-key";
import { addApiKeyLane } from "@/lib/lanes/add-api-key-lane";
import type { SealedLink } from "@/lib/mail/mail-kinds";
import { openLink } from "@/lib/users/mail-links";
import {
  approve,
  connect,
  control,
  createCustomer,
  enter,
  enterAsNewAdmin,
  runAdmin,
  shownCode,
  simulatedOpenai,
} from "@/tests/e2e/product-desk";
import { READY, spawnProduct, type RunningProduct } from "@/tests/factories/start-product";
import { openOffice, type Office } from "@/workers/admin/office";

/** The whole product as `npm start` runs it, with a customer who has used every kind of lane for a month, and an admin. */
export type Showcase = {
  url: string;
  /** What a browser keeps of a sign-in. */
  customer: StorageState;
  admin: StorageState;
  /** Of the customer. */
  userId: string;
  keyId: string;
  codexLaneId: string;
  /** One that went through the wallet. */
  requestId: string;
  stop(): Promise<void>;
};

type StorageState = Exclude<BrowserContextOptions["storageState"], string | undefined>;

const DAYS = 30;
const REQUESTS = 360;
/** Asked after the others: what is left of the ChatGPT account's window then is what its lane shows. */
const WINDOW_STEP_PERCENT = 3;
const TURNS_AT_LAST = 12;
const PASSWORD = "seven unrelated words here";
const MODELS = ["gpt-5.5", "gpt-5.5", "gpt-6-sol", "gpt-5.6-luna"];
const FOLDERS = ["/home/ada/shop", "/home/ada/shop", "/home/ada/invoices", "/home/ada/notes"];
const INSTRUCTIONS = "You are a careful colleague: read first, change little, say what you did. ".repeat(220);
const NEWCOMERS = [
  { username: "grace", note: "Reviews of our own repositories, two of us" },
  { username: "linus", note: "Codex on my laptop, wallet only" },
];

export async function openShowcase(browser: Browser, dataDir: string): Promise<Showcase> {
  const product = await spawnProduct(dataDir, { SIGN_UP: "review", SUPPORT_EMAIL: "help@example.com" });
  const stop = async () => {
    await product.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
  try {
    await product.said(READY);
    const office = await openOffice({ ...process.env, SWITCHYARD_DATA_DIR: dataDir });
    try {
      return { url: product.url, ...(await furnish({ product, browser, office })), stop };
    } finally {
      await office.close();
    }
  } catch (error) {
    await stop();
    throw error;
  }
}

type Stage = { product: RunningProduct; browser: Browser; office: Office };

async function furnish(stage: Stage): Promise<Omit<Showcase, "url" | "stop">> {
  const { product, office } = stage;
  const ada = await createCustomer(product, "ada");
  const { userId } = ada;
  await runAdmin(product, ["credit", "--username", "ada", "--amount-usd", "40", "--note", "Paid by bank transfer"]);
  const { actor, clock, sealer } = office;
  const baseUrl = simulatedOpenai(product);
  const own = { userId, label: "Own OpenAI key", baseUrl, secret: "sk-made-up-4f2a", allow: [new URL(baseUrl).host], sealer, actor };
  const { id: ownKeyLaneId } = await office.transact((tx) => addApiKeyLane(tx, own));
  const wallet = await office.database.sql<{ id: string }[]>`select id from lanes where user_id = ${userId} and kind = 'wallet'`;
  const walletKey = await office.transact((tx) =>
    issueKey(tx, { userId, name: "build server", limits: { laneIds: wallet.map(({ id }) => id) }, actor, clock }),
  );
  const ownKey = await office.transact((tx) => issueKey(tx, { userId, name: "editor", limits: { laneIds: [ownKeyLaneId] }, actor, clock }));
  const customer = await signedIn(stage, (page) => enter(product, page, ada));
  const codexLaneId = await connectAccount(stage, customer);

  await control(product, "set-step", { account: "ada@simulated.example", stepPercent: 0 });
  const secrets = [ada.apiKey, walletKey.secret, ada.apiKey, walletKey.secret, ownKey.secret];
  for (let at = 0; at < REQUESTS; at += 1) await ask(product, secrets[at % secrets.length]!, at);
  await spreadOver(office.database.sql, DAYS);
  await control(product, "set-step", { account: "ada@simulated.example", stepPercent: WINDOW_STEP_PERCENT });
  for (let at = 0; at < TURNS_AT_LAST; at += 1) await ask(product, secrets[at % 2]!, at);
  for (const newcomer of NEWCOMERS) await signUp(stage, newcomer);
  const [asked] = await office.database.sql<{ id: string }[]>`
    select id from requests where user_id = ${userId} and lane_kind = 'wallet' order by started_at desc limit 1`;
  return {
    userId,
    keyId: walletKey.id,
    codexLaneId,
    requestId: asked!.id,
    customer,
    admin: await signedIn(stage, (page) => enterAsNewAdmin(product, page, "operator")),
  };
}

/** Some are long, most are not; now and then one asks for a model that does not exist. */
async function ask(product: RunningProduct, secret: string, at: number): Promise<void> {
  const tokens = 120 + ((at * 7919) % 13) * 90 + (at % 17 === 0 ? 2600 : 0);
  const context = `<environment_context><cwd>${FOLDERS[at % FOLDERS.length]}</cwd></environment_context>`;
  const input = [context, `Change number ${at}.\ntokens: ${tokens}`].map((text) => ({
    type: "message",
    role: "user",
    content: [{ type: "input_text", text }],
  }));
  const model = at % 45 === 44 ? "gpt-4-turbo" : MODELS[at % MODELS.length];
  const body = { model, instructions: INSTRUCTIONS, input, stream: true, prompt_cache_key: "ada" };
  const answer = await fetch(`${product.url}/v1/responses`, {
    method: "POST",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  await answer.text();
}

/** What has just been asked becomes the work of some weeks: busier by day and on weekdays. Money and order stay as they are. */
async function spreadOver(sql: Sql, days: number): Promise<void> {
  await sql`select ensure_request_partitions(now() - make_interval(days => ${days}), 3)`;
  await sql.begin(async (tx) => {
    // Both refuse to be changed, and rightly: no such thing happens to a ledger in life.
    await tx`alter table holds disable trigger user`;
    await tx`alter table transfers disable trigger user`;
    await tx`
      create temporary table moved on commit drop as
      select id, started_at as before, time as after from (
        select id, started_at, row_number() over (order by started_at, id) as place from requests
      ) asked join (
        select time, row_number() over (order by time) as place from (
          select time from generate_series(now() - make_interval(days => ${days}), now(), interval '20 minutes') as time
          where extract(hour from time) between 7 and 20 and (extract(isodow from time) < 6 or extract(hour from time)::int % 3 = 1)
          order by md5(time::text) limit (select count(*) from requests)
        ) chosen
      ) slots using (place)`;
    await tx`update requests r set started_at = after, ended_at = ended_at + (after - before) from moved m where m.id = r.id`;
    await tx`update attempts a set started_at = after from moved m where m.id = a.request_id`;
    await tx`
      update holds h set placed_at = placed_at + (after - before), ended_at = ended_at + (after - before),
        context = jsonb_set(context, '{started_at}', to_jsonb(after))
      from moved m where m.id = h.request_id`;
    await tx`update transfers t set created_at = created_at + (after - before) from moved m where m.id = t.request_id`;
    await tx`update transfers set created_at = created_at - make_interval(days => ${days + 1}) where kind = 'adjustment'`;
    await tx`alter table holds enable trigger user`;
    await tx`alter table transfers enable trigger user`;
    await tx`delete from usage_quarters`;
    await tx`delete from usage_rolled`;
  });
}

async function connectAccount(stage: Stage, storageState: StorageState): Promise<string> {
  const context = await stage.browser.newContext({ storageState });
  const page = await context.newPage();
  const address = await connect(stage.product, page, "My ChatGPT");
  await approve(page, await shownCode(page), "ada@simulated.example");
  await context.close();
  return new URL(address).pathname.split("/").at(-1)!;
}

/** Up to where an admin looks at it. */
async function signUp({ product, browser, office }: Stage, { username, note }: (typeof NEWCOMERS)[number]): Promise<void> {
  const email = `${username}@example.com`;
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${product.url}/sign-up`);
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Username").fill(username);
  await page.getByLabel("What will you use it for?").fill(note);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("checkbox").check();
  await page.getByRole("button", { name: "Sign up" }).click();
  await page.getByRole("heading", { name: "Confirm your address" }).waitFor();
  const [mail] = await office.database.sql<{ payload: { link: SealedLink } }[]>`
    select payload from outbox where recipient = ${email} and payload ? 'link'`;
  await page.goto(`${product.url}/verify/${openLink(office.sealer, mail!.payload.link)}`);
  await page.getByRole("button", { name: "Confirm this address" }).click();
  await page.getByRole("heading", { name: "An admin will look at it" }).waitFor();
  await context.close();
}

async function signedIn({ browser }: Stage, enterBy: (page: Page) => Promise<void>): Promise<StorageState> {
  const context = await browser.newContext();
  await enterBy(await context.newPage());
  const state = await context.storageState();
  await context.close();
  return state;
}
