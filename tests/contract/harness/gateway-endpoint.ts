import { eq } from "drizzle-orm";
import { expect } from "vitest";
import { eventually } from "@/tests/factories/eventually";
import { apiKeys } from "@/db/schema/keys";
import { withTransaction } from "@/db/transaction";
import type { Call, GatewayHandle, Reply } from "@/lib/http/call";
import type { KeyLimits } from "@/lib/keys/key-limits";
import { seedPrices } from "@/lib/providers/seed-prices";
import type { GatewayTimings } from "@/lib/runtime/gateway-runtime";
import type { Endpoint } from "@/tests/contract/harness/codex";
import { OPERATOR, type TestCustomer } from "@/tests/factories/customer";
import { keyWith, logOf, type RequestLog, testGateway, type TestGateway, walletCustomer } from "@/tests/factories/gateway";

/** One request as it came out of the gateway's socket, and what went back into it. */
export type GatewayCall = {
  method: string;
  path: string;
  headers: Call["headers"];
  body: Buffer;
  status: number;
  replyHeaders: Reply["headers"];
  replyBody: Buffer;
};

/** A customer with a funded wallet, as somebody at a keyboard sees the gateway. */
export type Client = { customer: TestCustomer; endpoint: Endpoint };

export type RecordedGateway = TestGateway & {
  calls: GatewayCall[];
  client(options?: { creditUsd?: string; limits?: Partial<KeyLimits> }): Promise<Client>;
  /** The calls that came with this client's key. */
  callsOf(client: Client): GatewayCall[];
};

/** The gateway with every call written down, selling all the models of Codex's catalogue. */
export async function recordedGateway(timings: Partial<GatewayTimings> = {}): Promise<RecordedGateway> {
  const gateway = await testGateway({ timings });
  await withTransaction(gateway.database.orm, (tx) => seedPrices(tx, { actor: OPERATOR }));
  const calls: GatewayCall[] = [];
  const core = gateway.runtime.gateway;
  core.handle = recording(core.handle, calls);
  return {
    ...gateway,
    calls,
    client: async ({ creditUsd, limits } = {}) => {
      const owner = await walletCustomer(gateway, creditUsd);
      const customer = limits === undefined ? owner : await keyWith(gateway, owner, limits);
      return { customer, endpoint: { baseUrl: `${gateway.url}/v1`, apiKey: customer.secret } };
    },
    callsOf: ({ customer }) => calls.filter((call) => call.headers["authorization"] === `Bearer ${customer.secret}`),
  };
}

/** Ends the key's time. */
export async function expireKey(gateway: TestGateway, { customer }: Client): Promise<void> {
  const expiresAt = new Date(Date.now() - 1_000);
  await gateway.database.orm.update(apiKeys).set({ expiresAt }).where(eq(apiKeys.id, customer.keyId));
}

/** `POST /v1/responses 200` per call. */
export function linesOf(calls: readonly GatewayCall[]): string[] {
  return calls.map((call) => `${call.method} ${call.path} ${call.status}`);
}

/** Micro-dollars at the price of every model here: $5 input, $0.50 cached, $5 cache write, $30 output per million, rounded up once. */
export function costAtTestRates(row: RequestLog): bigint {
  const tenths =
    BigInt(row.freshInputTokens + row.cacheWriteTokens) * 50n + BigInt(row.cachedInputTokens) * 5n + BigInt(row.outputTokens) * 300n;
  return (tenths + 9n) / 10n;
}

/** Once the log has them: the row of a refusal is written behind the answer. */
export function logOnceWritten(gateway: TestGateway, client: Client, count: number): Promise<RequestLog[]> {
  return eventually(async () => {
    const rows = await logOf(gateway.database, client.customer);
    expect(rows.length).toBeGreaterThanOrEqual(count);
    return rows;
  });
}

function recording(handle: GatewayHandle, calls: GatewayCall[]): GatewayHandle {
  return async (call) => {
    const sent: Uint8Array[] = [];
    const replied: Uint8Array[] = [];
    const reply = await handle({ ...call, body: copied(call.body, sent) });
    calls.push({
      method: call.method,
      path: call.path,
      headers: call.headers,
      get body() {
        return Buffer.concat(sent);
      },
      status: reply.status,
      replyHeaders: reply.headers,
      get replyBody() {
        return Buffer.concat(replied);
      },
    });
    if (!(reply.body instanceof Uint8Array)) return { ...reply, body: copied(reply.body, replied) };
    replied.push(reply.body);
    return reply;
  };
}

async function* copied(chunks: AsyncIterable<Uint8Array>, into: Uint8Array[]): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    into.push(Buffer.from(chunk));
    yield chunk;
  }
}
