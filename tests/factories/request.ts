import type { Database } from "@/db/client";
import type { HoldToPlace } from "@/lib/gateway/ports";
import { newId } from "@/lib/ids/ids";
import { microUsd } from "@/lib/money/micro-usd";
import { admitRequests } from "@/lib/wallet/admit-requests";
import { settleRequests } from "@/lib/wallet/settle-requests";
import type { TestCustomer } from "@/tests/factories/customer";

export type TestPayer = Pick<TestCustomer, "userId" | "keyId" | "walletLaneId">;

export type TestTrade = { customer: TestPayer; providerId: string; priceId: string };

/** A hold of `amount` micro-dollars, placed as the gateway places it. */
export async function placeTestHold(database: Database, input: TestTrade & { amount: bigint; processId?: string; startedAt?: Date }) {
  const requestId = newId("req");
  const startedAt = input.startedAt ?? new Date();
  const hold: HoldToPlace = {
    id: newId("hold"),
    attemptNo: 1,
    laneId: input.customer.walletLaneId,
    providerId: input.providerId,
    priceId: input.priceId,
    amount: microUsd(input.amount),
    inputAmount: microUsd(0n),
    context: testRequestRow(input.customer, { id: requestId, startedAt }),
  };
  const processId = input.processId ?? "proc_test";
  const { keyId, userId } = input.customer;
  const [result] = await admitRequests(database.sql, processId, [
    { requestId, keyId, userId, admit: true, laneId: hold.laneId, model: "gpt-5.5", hold },
  ]);
  if (result?.outcome !== "ok") throw new Error(`the hold was refused: ${result?.outcome}`);
  return { requestId, holdId: hold.id, startedAt };
}

/** A whole request over the wallet: held, settled at `cost` and logged. */
export async function chargeTestRequest(
  database: Database,
  input: TestTrade & { amount: bigint; cost: bigint; providerCost?: bigint; startedAt?: Date; row?: Record<string, unknown> },
) {
  const placed = await placeTestHold(database, input);
  const { keyId, userId } = input.customer;
  await settleRequests(database.sql, [
    {
      requestId: placed.requestId,
      keyId,
      userId,
      processId: "proc_test",
      holds: [
        {
          id: placed.holdId,
          kind: "settle",
          cost: microUsd(input.cost),
          providerCost: microUsd(input.providerCost ?? input.cost),
          estimated: false,
        },
      ],
      request: {
        ...testRequestRow(input.customer, { id: placed.requestId, startedAt: placed.startedAt }),
        cost: input.cost,
        hold_id: placed.holdId,
        hold_amount: input.amount,
        price_id: input.priceId,
        provider_id: input.providerId,
        ...input.row,
      },
      attempts: [],
    },
  ]);
  return placed;
}

/** Columns of `requests`. */
export function testRequestRow(customer: TestPayer, input: { id: string; startedAt: Date }): Record<string, unknown> {
  return {
    id: input.id,
    started_at: input.startedAt.toISOString(),
    ended_at: new Date(input.startedAt.getTime() + 1200).toISOString(),
    user_id: customer.userId,
    key_id: customer.keyId,
    lane_id: customer.walletLaneId,
    lane_kind: "wallet",
    method: "POST",
    path: "/v1/responses",
    model: "gpt-5.5",
    stream: true,
    outcome: "completed",
    status: 200,
    client: "codex",
    fresh_input_tokens: 100,
    cached_input_tokens: 20,
    cache_write_tokens: 0,
    output_tokens: 50,
    reasoning_tokens: 10,
    web_search_calls: 0,
    usage_estimated: false,
    usage_flags: [],
    cost: 0,
    duration_ms: 1200,
    request_bytes: 1000,
    reply_bytes: 4000,
    client_gone: false,
    decisions: [],
    edits: [],
  };
}
