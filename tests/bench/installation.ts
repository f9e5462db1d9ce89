import { connectDatabase } from "@/db/client";
import { migrate } from "@/db/migrate";
import { withTransaction } from "@/db/transaction";
import type { Actor } from "@/lib/access/viewer";
import { newBoxKeyPair } from "@/lib/crypto/sealed-box";
import { parseMasterKeys } from "@/lib/crypto/master-keys";
import { createSealer } from "@/lib/crypto/sealer";
import { setKeyLanes } from "@/lib/keys/set-key-lanes";
import { setRevealPublicKey } from "@/lib/keys/reveal-public-key";
import { addApiKeyLane } from "@/lib/lanes/add-api-key-lane";
import { parseUsd } from "@/lib/money/micro-usd";
import { addProvider } from "@/lib/providers/add-provider";
import { recordProbe } from "@/lib/providers/record-probe";
import { seedPrices } from "@/lib/providers/seed-prices";
import { selectProvider } from "@/lib/providers/select-provider";
import { stampDatabase } from "@/lib/settings/database-mode";
import { systemClock } from "@/lib/time/clock";
import { createCustomer } from "@/lib/users/create-customer";
import { verifyLedger } from "@/lib/wallet/verify-ledger";
import { startEmbeddedPostgres, type EmbeddedPostgres } from "@/workers/shared/embedded-postgres/start-embedded-postgres";

export type Installation = {
  postgres: EmbeddedPostgres;
  env: Record<string, string>;
  /** One API key per wallet. */
  walletKeys: readonly string[];
  /** As many, each of a customer who brings a key of his own. */
  ownKeys: readonly string[];
  /** What `ledger verify` finds wrong after the load; empty when the money is right. */
  verify(): Promise<readonly string[]>;
};

const ACTOR: Actor = { kind: "operator_cli" };
const CUSTOMERS = 100;
const MASTER_KEY = "a master key for the bench and for nothing else";

/** A product of its own: embedded Postgres as `npm start` makes it, with its durable settings, and a hundred wallets. */
export async function install(input: { dataDir: string; upstreamPort: number; settings?: Record<string, string> }): Promise<Installation> {
  const host = `127.0.0.1:${input.upstreamPort}`;
  const baseUrl = `http://${host}/v1`;
  const allow = [host];
  const sealer = createSealer(parseMasterKeys(MASTER_KEY));
  const postgres = await startEmbeddedPostgres({ dataDir: input.dataDir, log: () => {}, settings: input.settings });
  await migrate(postgres.url);
  const { orm, close } = connectDatabase(postgres.url, { max: 2 });
  const walletKeys: string[] = [];
  const ownKeys: string[] = [];
  try {
    await withTransaction(orm, async (tx) => {
      await stampDatabase(tx, "simulated");
      await setRevealPublicKey(tx, newBoxKeyPair().publicKey);
      await seedPrices(tx, { actor: ACTOR });
      const target = { name: "bench", baseUrl, authStyle: "bearer", apiVersion: null, secret: "sk-bench" } as const;
      const { id: providerId } = await addProvider(tx, { ...target, simulated: true, allow, sealer, actor: ACTOR });
      await recordProbe(tx, { providerId, result: { passed: true, detail: "canned" }, actor: ACTOR, clock: systemClock });
      await selectProvider(tx, { providerId, actor: ACTOR });
    });
    for (let index = 0; index < CUSTOMERS; index++) {
      await withTransaction(orm, async (tx) => {
        const paid = await newCustomer(tx, `wallet-${index}`);
        walletKeys.push(paid.secret);
        const owner = await newCustomer(tx, `owner-${index}`);
        const lane = await addApiKeyLane(tx, {
          userId: owner.userId,
          label: "Own key",
          baseUrl,
          secret: "sk-own",
          allow,
          sealer,
          actor: ACTOR,
        });
        await setKeyLanes(tx, { keyId: owner.keyId, userId: owner.userId, laneIds: [lane.id] });
        ownKeys.push(owner.secret);
      });
    }
  } finally {
    await close();
  }
  return {
    postgres,
    walletKeys,
    ownKeys,
    env: {
      DATABASE_URL: postgres.url,
      SWITCHYARD_DATA_DIR: input.dataDir,
      SWITCHYARD_MASTER_KEY: MASTER_KEY,
      NEXTAUTH_SECRET: "a session secret for the bench, unused",
      UPSTREAM_ALLOW: host,
      LOG_LEVEL: "warn",
    },
    async verify() {
      const database = connectDatabase(postgres.url, { max: 1 });
      try {
        const { checks } = await verifyLedger(database.sql);
        return checks.filter((check) => !check.ok).map((check) => `${check.name}: ${check.differencesCount}`);
      } finally {
        await database.close();
      }
    },
  };
}

type Tx = Parameters<typeof createCustomer>[0];

async function newCustomer(tx: Tx, username: string): Promise<{ userId: string; keyId: string; secret: string }> {
  const made = await createCustomer(tx, {
    username,
    // Nobody signs in here.
    passwordHash: "$argon2id$none",
    openingCredit: parseUsd("100000"),
    actor: ACTOR,
    clock: systemClock,
  });
  if (!made.created) throw new Error(`${username} exists already`);
  return { userId: made.userId, keyId: made.key.id, secret: made.key.secret };
}
