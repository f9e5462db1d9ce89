/*
 * Every promise of the ledger as a query that returns the rows which break it: subject, expected, found. Amounts are
 * micro-dollars. The promises restate the constraints and triggers on purpose: they hold even when somebody has worked on
 * the database with those switched off.
 */

/** What a hold's transfers have moved, account by account. */
const MOVED = `
  select h.id, h.user_id, h.state, h.amount, h.cost,
         coalesce(sum(e.amount) filter (where a.kind = 'held'), 0) as held,
         coalesce(sum(e.amount) filter (where a.kind = 'available'), 0) as available,
         coalesce(sum(e.amount) filter (where a.kind = 'revenue'), 0) as revenue,
         coalesce(sum(e.amount) filter (where a.kind = 'provider_cost'), 0) as provider_cost,
         coalesce(sum(e.amount) filter (where a.kind = 'provider_payable'), 0) as provider_payable,
         coalesce(sum(e.amount) filter (where a.kind = 'operator_loss'), 0) as operator_loss
  from holds h
  left join transfers t on t.hold_id = h.id
  left join ledger_entries e on e.transfer_id = t.id
  left join ledger_accounts a on a.id = e.account_id
  group by h.id`;

export const ledgerChecks = {
  "the entries of every transfer sum to zero": `
    select e.transfer_id as subject, 0 as expected, sum(e.amount) as found
    from ledger_entries e group by e.transfer_id having sum(e.amount) <> 0`,

  "every transfer has at least two entries": `
    select t.id as subject, 2 as expected, count(e.transfer_id) as found
    from transfers t left join ledger_entries e on e.transfer_id = t.id group by t.id having count(e.transfer_id) < 2`,

  "every entry belongs to a transfer and an account": `
    select e.transfer_id || ' ' || e.account_id as subject, 'both' as expected,
           concat_ws(', ', case when t.id is null then 'no transfer' end, case when a.id is null then 'no account' end) as found
    from ledger_entries e left join transfers t on t.id = e.transfer_id left join ledger_accounts a on a.id = e.account_id
    where t.id is null or a.id is null`,

  "a transfer touches the accounts of its own user only": `
    select e.transfer_id || ' ' || e.account_id as subject, t.user_id as expected, a.user_id as found
    from ledger_entries e join transfers t on t.id = e.transfer_id join ledger_accounts a on a.id = e.account_id
    where a.user_id is not null and a.user_id is distinct from t.user_id`,

  "every user has one wallet and its two accounts": `
    select u.id as subject, 'wallet, available, held' as expected,
           concat_ws(', ', case when w.user_id is not null then 'wallet' end, case when v.id is not null then 'available' end,
                     case when h.id is not null then 'held' end) as found
    from users u
    left join wallets w on w.user_id = u.id
    left join ledger_accounts v on v.user_id = u.id and v.kind = 'available'
    left join ledger_accounts h on h.user_id = u.id and h.kind = 'held'
    where w.user_id is null or v.id is null or h.id is null`,

  "what is available is the sum of its entries": balanceCheck("available"),
  "what is held is the sum of its entries": balanceCheck("held"),

  "no wallet is outside of its bounds": `
    select w.user_id as subject, 'available >= ' || -w.soft_limit || ', held >= 0' as expected,
           'available ' || w.available || ', held ' || w.held as found
    from wallets w where w.available < -w.soft_limit or w.held < 0`,

  "what is held is the sum of the placed holds": `
    select w.user_id as subject, coalesce(h.amount, 0) as expected, w.held as found
    from wallets w left join (select user_id, sum(amount) as amount from holds where state = 'placed' group by user_id) h on h.user_id = w.user_id
    where w.held <> coalesce(h.amount, 0)`,

  "every hold was placed by exactly one transfer": `
    select h.id as subject, 1 as expected, count(t.id) as found
    from holds h left join transfers t on t.hold_id = h.id and t.kind = 'hold' group by h.id having count(t.id) <> 1`,

  "every ended hold was ended by exactly one transfer of its kind, and no placed one was": `
    select h.id as subject, coalesce(x.kind, 'none') as expected, coalesce(string_agg(t.kind, ', ' order by t.kind), 'none') as found
    from holds h
    left join (values ('settled', 'settle'), ('voided', 'void'), ('expired', 'expire')) as x(state, kind) on x.state = h.state
    left join transfers t on t.hold_id = h.id and t.kind in ('settle', 'void', 'expire')
    group by h.id, h.state, x.kind
    having coalesce(string_agg(t.kind, ', ' order by t.kind), 'none') <> coalesce(x.kind, 'none')`,

  "late usage is booked only on expired holds, once": `
    select h.id as subject, case when h.state = 'expired' then 'at most 1' else 'none' end as expected, count(t.id) as found
    from holds h join transfers t on t.hold_id = h.id and t.kind = 'late_usage'
    group by h.id having h.state <> 'expired' or count(t.id) > 1`,

  "a transfer about a hold names the hold's user and request": `
    select t.id as subject, coalesce(h.user_id || ' ' || h.request_id, 'a hold') as expected, concat_ws(' ', t.user_id, t.request_id) as found
    from transfers t left join holds h on h.id = t.hold_id
    where (t.kind <> 'adjustment') is distinct from (t.hold_id is not null)
       or (h.id is not null and (t.user_id, t.request_id) is distinct from (h.user_id, h.request_id))`,

  "a placed hold has moved its amount, an ended one has given it back": `
    select m.id as subject, case when m.state = 'placed' then m.amount else 0 end as expected, m.held as found
    from (${MOVED}) m where m.held <> case when m.state = 'placed' then m.amount else 0 end`,

  "what a hold took from its wallet is its amount while placed and its cost once ended": `
    select m.id as subject, case when m.state = 'placed' then m.amount else m.cost end as expected, -m.available as found
    from (${MOVED}) m where -m.available is distinct from case when m.state = 'placed' then m.amount else m.cost end`,

  "the cost of every ended hold is what went to revenue": `
    select m.id as subject, coalesce(m.cost, 0) as expected, m.revenue as found
    from (${MOVED}) m where m.revenue <> coalesce(m.cost, 0)`,

  "no hold cost more than it held": `
    select h.id as subject, 'from 0 to ' || h.amount as expected, h.cost as found
    from holds h where h.cost < 0 or h.cost > h.amount or (h.state = 'placed') <> (h.cost is null)`,

  "what is owed to the provider is its cost and the operator's loss": `
    select m.id as subject, m.provider_payable as expected, -(m.provider_cost + m.operator_loss) as found
    from (${MOVED}) m where m.provider_payable <> -(m.provider_cost + m.operator_loss) or m.provider_payable < 0`,

  "the operator's loss is what the provider costs beyond the customer's payment": `
    select m.id as subject, greatest(m.provider_payable - coalesce(m.cost, 0), 0) as expected, -m.operator_loss as found
    from (${MOVED}) m where -m.operator_loss <> greatest(m.provider_payable - coalesce(m.cost, 0), 0)`,

  "an adjustment moves money between its user and the operator's adjustments": `
    select t.id as subject, 'adjustments, available' as expected, string_agg(distinct a.kind, ', ') as found
    from transfers t join ledger_entries e on e.transfer_id = t.id join ledger_accounts a on a.id = e.account_id
    where t.kind = 'adjustment' group by t.id having string_agg(distinct a.kind, ', ') <> 'adjustments, available'`,

  "the log charges every request what its holds cost": `
    select r.id as subject, coalesce(h.cost, 0) as expected, r.cost as found
    from requests r left join (select request_id, sum(coalesce(cost, 0)) as cost from holds group by request_id) h on h.request_id = r.id
    where r.cost <> coalesce(h.cost, 0)`,

  "the log names only holds that exist, of the same user": `
    select r.id as subject, r.hold_id as expected, h.user_id as found
    from requests r left join holds h on h.id = r.hold_id and h.request_id = r.id and h.user_id = r.user_id
    where r.hold_id is not null and h.id is null`,

  "what is reserved on a key is the sum of its placed holds": `
    select u.key_id as subject, coalesce(h.amount, 0) as expected, u.reserved as found
    from api_key_usage u left join (select key_id, sum(amount) as amount from holds where state = 'placed' group by key_id) h on h.key_id = u.key_id
    where u.reserved <> coalesce(h.amount, 0)`,

  "every hold names its own user's key, and a provider and a price that exist": `
    select h.id as subject, 'key, provider, price' as expected,
           concat_ws(', ', case when k.id is not null then 'key' end, case when p.id is not null then 'provider' end,
                     case when c.id is not null then 'price' end) as found
    from holds h
    left join api_keys k on k.id = h.key_id and k.user_id = h.user_id
    left join providers p on p.id = h.provider_id
    left join prices c on c.id = h.price_id
    where k.id is null or p.id is null or c.id is null`,
} as const satisfies Record<string, string>;

/** Longer than any heartbeat timeout that can be sensible: by then `background` should have expired the hold. */
const DEAD_AFTER = "interval '15 minutes'";

export const ledgerWarnings = {
  "placed holds of a process that died long ago": `
    select h.id as subject, 'ended' as expected, h.state as found
    from holds h left join processes p on p.id = h.process_id
    where h.state = 'placed' and h.placed_at < now() - ${DEAD_AFTER} and coalesce(p.heartbeat_at, h.placed_at) < now() - ${DEAD_AFTER}`,

  "settlements that the database refused and nobody has resolved": `
    select s.request_id as subject, 'resolved' as expected, s.error as found from parked_settlements s where s.resolved_at is null`,
} as const satisfies Record<string, string>;

function balanceCheck(kind: "available" | "held"): string {
  return `
    select a.id as subject, coalesce(sum(e.amount), 0) as expected, w.${kind} as found
    from ledger_accounts a left join ledger_entries e on e.account_id = a.id left join wallets w on w.user_id = a.user_id
    where a.kind = '${kind}' group by a.id, w.${kind} having w.${kind} is distinct from coalesce(sum(e.amount), 0)`;
}
