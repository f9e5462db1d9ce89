import type { Database } from "@/db/client";
import { withTransaction } from "@/db/transaction";
import type { Actor } from "@/lib/access/viewer";
import { parseUsd } from "@/lib/money/micro-usd";
import { adjustWallet } from "@/lib/wallet/adjust-wallet";
import { testPrice, testProvider } from "@/tests/factories/provider";

/** Of these, each with a hold and its settlement; one in ten gave everything back. */
export const LEDGER_REQUESTS = 200_000;

/** A customer's ledger as that many requests over the wallet leave it, in the order of their writing. */
export async function fillLedger({ orm, sql }: Database, customer: { userId: string; keyId: string; actor: Actor }): Promise<void> {
  const { userId, keyId, actor } = customer;
  const [providerId, { id: priceId }] = [await testProvider(orm), await testPrice(orm, "model-1")];
  await withTransaction(orm, (tx) => adjustWallet(tx, { userId, amount: parseUsd("100000"), note: "credit", actor }));
  await sql`
    insert into holds (id, request_id, attempt_no, user_id, key_id, lane_id, provider_id, price_id, amount, input_amount, state, cost,
      process_id, context, placed_at, ended_at)
    select 'hold_' || n, 'req_' || n, 1, ${userId}, ${keyId}, 'lane_0', ${providerId}, ${priceId}, 50000, 1000,
      case when n % 10 = 0 then 'voided' else 'settled' end, case when n % 10 = 0 then 0 else n % 40000 end, 'proc_bench',
      jsonb_build_object('started_at', now() - n * interval '13 seconds'), now() - n * interval '13 seconds', now() - n * interval '13 seconds'
    from generate_series(1, ${LEDGER_REQUESTS}) n`;
  await sql`
    insert into transfers (id, kind, user_id, hold_id, request_id, actor, created_at)
    select 'tr_' || n || '_' || kind, kind, ${userId}, 'hold_' || n, 'req_' || n, 'proc_bench', now() - n * interval '13 seconds'
    from generate_series(1, ${LEDGER_REQUESTS}) n,
      lateral (values ('hold'), (case when n % 10 = 0 then 'void' else 'settle' end)) as moved(kind)`;
  await sql`
    insert into ledger_entries (transfer_id, account_id, amount)
    select 'tr_' || n || '_' || kind, account, amount
    from generate_series(1, ${LEDGER_REQUESTS}) n,
      lateral (select case when n % 10 = 0 then 0 else n % 40000 end as cost, case when n % 10 = 0 then 'void' else 'settle' end as ended) ends,
      lateral (values
        (1, 'hold', 'available:' || ${userId}::text, -50000), (2, 'hold', 'held:' || ${userId}::text, 50000),
        (3, ended, 'held:' || ${userId}::text, -50000), (4, ended, 'available:' || ${userId}::text, 50000 - cost), (5, ended, 'revenue', cost)
      ) as entry(at, kind, account, amount)
    where amount <> 0 order by n, at`;
}
