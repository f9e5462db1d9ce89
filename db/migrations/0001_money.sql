-- What Drizzle cannot say: triggers that make the ledger append-only and balanced, the state machine of holds, partitions,
-- and the three functions of the hot path (admit, settle, expire). Each function is one round trip for a whole group of
-- requests; locks are taken wallets first, then keys, both in id order, so that two groups can never wait for each other in a ring.
-- Their plans are made once per connection, when the tables may still be empty: no setting of theirs may lead to reading one whole.

ALTER TABLE "lanes" ADD CONSTRAINT "lanes_position_unique" UNIQUE ("user_id", "position") DEFERRABLE INITIALLY DEFERRED;
--> statement-breakpoint
INSERT INTO "ledger_accounts" ("id", "kind")
  SELECT kind, kind FROM unnest(ARRAY['revenue','stripe','adjustments','promotions','disputes','provider_cost','provider_payable','operator_loss']) AS kind;
--> statement-breakpoint

-- Every user has a wallet and its two ledger accounts from the moment the row exists.
CREATE FUNCTION open_wallet() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO ledger_accounts (id, kind, user_id) VALUES ('available:' || NEW.id, 'available', NEW.id), ('held:' || NEW.id, 'held', NEW.id);
  INSERT INTO wallets (user_id) VALUES (NEW.id);
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER users_open_wallet AFTER INSERT ON users FOR EACH ROW EXECUTE FUNCTION open_wallet();
--> statement-breakpoint
CREATE FUNCTION open_key_usage() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO api_key_usage (key_id) VALUES (NEW.id);
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER api_keys_open_usage AFTER INSERT ON api_keys FOR EACH ROW EXECUTE FUNCTION open_key_usage();
--> statement-breakpoint

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
--> statement-breakpoint
CREATE TRIGGER transfers_append_only BEFORE UPDATE OR DELETE ON transfers FOR EACH ROW EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER transfers_no_truncate BEFORE TRUNCATE ON transfers FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER ledger_accounts_append_only BEFORE UPDATE OR DELETE ON ledger_accounts FOR EACH ROW EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER ledger_accounts_no_truncate BEFORE TRUNCATE ON ledger_accounts FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER ledger_entries_append_only BEFORE UPDATE OR DELETE ON ledger_entries FOR EACH ROW EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER ledger_entries_no_truncate BEFORE TRUNCATE ON ledger_entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER prices_append_only BEFORE UPDATE OR DELETE ON prices FOR EACH ROW EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE ON audit_log FOR EACH ROW EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER database_stamp_immutable BEFORE UPDATE OR DELETE ON database_stamp FOR EACH ROW EXECUTE FUNCTION refuse_change();
--> statement-breakpoint

-- The only writer of wallet balances. A statement trigger with a transition table instead of a deferred row constraint:
-- it is stricter (a transfer balances at the end of the statement that writes it, not only at commit) and costs one check per
-- statement instead of one per entry. Entries are never changed, so entries that are added later are caught in the same way.
-- It also stands for the foreign keys of the entries, which cost an eighth of a settlement row by row: what an entry names must be
-- there when it is written, and neither transfers nor accounts can be changed or removed.
CREATE FUNCTION apply_ledger_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- What was there before summed to zero, so what is added must as well.
  IF EXISTS (SELECT 1 FROM added a GROUP BY a.transfer_id HAVING sum(a.amount) <> 0) THEN
    RAISE EXCEPTION 'the entries of a transfer must sum to zero' USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_entries_balanced';
  END IF;
  -- Scalar look-ups, not joins: a transition table has no statistics, and a join would read the whole ledger.
  IF EXISTS (SELECT 1 FROM added a GROUP BY a.transfer_id HAVING (SELECT t.id FROM transfers t WHERE t.id = a.transfer_id) IS NULL) THEN
    RAISE EXCEPTION 'an entry needs its transfer' USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'ledger_entries_transfer_known';
  END IF;
  IF EXISTS (SELECT 1 FROM added a GROUP BY a.account_id HAVING (SELECT c.id FROM ledger_accounts c WHERE c.id = a.account_id) IS NULL) THEN
    RAISE EXCEPTION 'an entry needs its account' USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'ledger_entries_account_known';
  END IF;
  UPDATE wallets w SET available = w.available + d.available, held = w.held + d.held
  FROM (
    SELECT a.user_id,
           coalesce(sum(n.amount) FILTER (WHERE a.kind = 'available'), 0) AS available,
           coalesce(sum(n.amount) FILTER (WHERE a.kind = 'held'), 0) AS held
    FROM added n JOIN ledger_accounts a ON a.id = n.account_id
    WHERE a.user_id IS NOT NULL GROUP BY a.user_id
  ) d
  WHERE w.user_id = d.user_id;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER ledger_entries_apply AFTER INSERT ON ledger_entries REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION apply_ledger_entries();
--> statement-breakpoint
CREATE FUNCTION guard_wallet() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- Depth 1 is this trigger on its own: somebody set a balance without writing entries.
  IF (NEW.available, NEW.held) IS DISTINCT FROM (OLD.available, OLD.held) AND pg_trigger_depth() < 2 THEN
    RAISE EXCEPTION 'wallet balances move through ledger entries only' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER wallets_guard BEFORE UPDATE ON wallets FOR EACH ROW EXECUTE FUNCTION guard_wallet();
--> statement-breakpoint
CREATE TRIGGER wallets_no_delete BEFORE DELETE ON wallets FOR EACH ROW EXECUTE FUNCTION refuse_change();
--> statement-breakpoint

CREATE FUNCTION guard_hold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'holds are never deleted' USING ERRCODE = 'restrict_violation';
  END IF;
  IF OLD.state <> 'placed' AND NEW.state IS DISTINCT FROM OLD.state THEN
    RAISE EXCEPTION 'hold % is % and cannot become %', OLD.id, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
  END IF;
  IF (NEW.id, NEW.request_id, NEW.attempt_no, NEW.user_id, NEW.key_id, NEW.provider_id, NEW.price_id, NEW.amount)
     IS DISTINCT FROM (OLD.id, OLD.request_id, OLD.attempt_no, OLD.user_id, OLD.key_id, OLD.provider_id, OLD.price_id, OLD.amount) THEN
    RAISE EXCEPTION 'hold % is pinned', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER holds_guard BEFORE UPDATE OR DELETE ON holds FOR EACH ROW EXECUTE FUNCTION guard_hold();
--> statement-breakpoint

-- Every process drops what it has cached about a user (or about everybody) when one of these rows changes.
CREATE FUNCTION notify_config() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  row_of jsonb := to_jsonb(CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END);
BEGIN
  PERFORM pg_notify('config_changed', coalesce(CASE TG_TABLE_NAME WHEN 'users' THEN row_of ->> 'id' ELSE row_of ->> 'user_id' END, 'all'));
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER users_notify AFTER INSERT OR UPDATE OR DELETE ON users FOR EACH ROW EXECUTE FUNCTION notify_config();
--> statement-breakpoint
CREATE TRIGGER api_keys_notify AFTER INSERT OR UPDATE OR DELETE ON api_keys FOR EACH ROW EXECUTE FUNCTION notify_config();
--> statement-breakpoint
CREATE TRIGGER api_key_lanes_notify AFTER INSERT OR UPDATE OR DELETE ON api_key_lanes FOR EACH ROW EXECUTE FUNCTION notify_config();
--> statement-breakpoint
CREATE TRIGGER lanes_notify AFTER INSERT OR UPDATE OR DELETE ON lanes FOR EACH ROW EXECUTE FUNCTION notify_config();
--> statement-breakpoint
CREATE TRIGGER providers_notify AFTER INSERT OR DELETE OR UPDATE OF base_url, auth_style, api_version, sealed_key, selected, probe_state, tripped_at, removed_at
  ON providers FOR EACH ROW EXECUTE FUNCTION notify_config();
--> statement-breakpoint
CREATE TRIGGER prices_notify AFTER INSERT ON prices FOR EACH ROW EXECUTE FUNCTION notify_config();
--> statement-breakpoint
CREATE TRIGGER settings_notify AFTER INSERT OR UPDATE OR DELETE ON settings FOR EACH ROW EXECUTE FUNCTION notify_config();
--> statement-breakpoint

-- Monthly partitions of the request log, bounds in UTC. Cheap when they exist: two catalogue look-ups.
CREATE FUNCTION ensure_request_partitions(p_at timestamptz, p_months int DEFAULT 1) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  first timestamp := date_trunc('month', p_at AT TIME ZONE 'UTC');
  low timestamp;
  parent text;
  partition text;
BEGIN
  FOR i IN 0 .. p_months - 1 LOOP
    low := first + make_interval(months => i);
    FOREACH parent IN ARRAY ARRAY['requests', 'attempts'] LOOP
      partition := parent || '_' || to_char(low, 'YYYY_MM');
      IF to_regclass(partition) IS NULL THEN
        EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
          partition, parent, low::text || '+00', (low + interval '1 month')::text || '+00');
      END IF;
    END LOOP;
  END LOOP;
END $$;
--> statement-breakpoint
SELECT ensure_request_partitions(now(), 3);
--> statement-breakpoint

-- By the clock and not by the start of the transaction: one that waited for a lock past midnight must not write yesterday back.
CREATE FUNCTION period_start(p_unit text) RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
  SELECT date_trunc(p_unit, clock_timestamp() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'
$$;
--> statement-breakpoint

-- Lets requests in and places their holds. One element of p_items:
--   { requestId, keyId, userId, processId, admit: bool,
--     hold: null | { id, attemptNo, laneId, providerId, priceId, amount, inputAmount, context } }
-- Outcomes: ok, key_revoked, key_expired, suspended, concurrency_full, rate_limited, budget_reached, budget_busy,
-- wallet_empty, wallet_busy. Anything but ok wrote nothing for that element. Re-sending an element that is already in is ok, and
-- counts nothing twice. `available` is what a hold may take at the most: of the wallet, and of the budgets when they are in the way.
CREATE FUNCTION admit_requests(p_items jsonb)
RETURNS TABLE (ordinal int, outcome text, available bigint, held bigint, retry_after_s int, resets_at timestamptz)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
  k record;
  v_now timestamptz := clock_timestamp();
  v_day timestamptz := period_start('day');
  v_week timestamptz := period_start('week');
  v_month timestamptz := period_start('month');
  -- How this group has left the wallet and the key of the element before.
  v_user text;
  v_key text;
  v_available bigint;
  v_held bigint;
  v_reserved bigint;
  v_minute_count int;
  v_running bigint;
  -- Positions, from 1, of the elements that may write: all that are in, those that are counted, those whose hold is placed.
  v_in int[] := '{}';
  v_admitted int[] := '{}';
  v_placed int[] := '{}';
BEGIN
  PERFORM 1 FROM wallets x
    WHERE x.user_id IN (SELECT i ->> 'userId' FROM jsonb_array_elements(p_items) i WHERE i -> 'hold' <> 'null'::jsonb)
    ORDER BY x.user_id FOR UPDATE;
  PERFORM 1 FROM api_key_usage x
    WHERE x.key_id IN (SELECT i ->> 'keyId' FROM jsonb_array_elements(p_items) i)
    ORDER BY x.key_id FOR UPDATE;

  -- First decide, one element after the other; then write, all of them at once.
  FOR k IN
    SELECT t.o::int AS n, a.id AS key_id, a.user_id, a.revoked_at, a.expires_at, a.concurrency_max, a.requests_per_minute_max,
           a.budget_month - CASE WHEN c.month_start = v_month THEN c.month_spent ELSE 0 END AS month_left,
           a.budget_week - CASE WHEN c.week_start = v_week THEN c.week_spent ELSE 0 END AS week_left,
           a.budget_day - CASE WHEN c.day_start = v_day THEN c.day_spent ELSE 0 END AS day_left,
           s.status, c.minute_start > v_now - interval '60 seconds' AS minute_runs, c.minute_start, c.minute_count, c.reserved,
           w.available + w.soft_limit AS available, w.held,
           (t.i ->> 'admit')::bool AND (SELECT x.request_id FROM admissions x WHERE x.request_id = t.i ->> 'requestId') IS NULL AS is_new,
           CASE WHEN (SELECT x.id FROM holds x WHERE x.id = t.i -> 'hold' ->> 'id') IS NULL THEN (t.i -> 'hold' ->> 'amount')::bigint END AS amount
    FROM jsonb_array_elements(p_items) WITH ORDINALITY AS t(i, o)
    LEFT JOIN api_keys a ON a.id = t.i ->> 'keyId' AND a.user_id = t.i ->> 'userId'
    LEFT JOIN users s ON s.id = a.user_id
    LEFT JOIN api_key_usage c ON c.key_id = a.id
    LEFT JOIN wallets w ON w.user_id = a.user_id
    ORDER BY a.user_id, a.id, t.o
  LOOP
    IF k.key_id IS NULL THEN RAISE EXCEPTION 'there is no such key of this user' USING ERRCODE = 'no_data_found'; END IF;
    ordinal := k.n - 1; outcome := 'ok'; available := NULL; held := NULL; retry_after_s := NULL; resets_at := NULL;
    IF v_user IS DISTINCT FROM k.user_id THEN
      v_user := k.user_id; v_available := k.available; v_held := k.held;
    END IF;
    IF v_key IS DISTINCT FROM k.key_id THEN
      v_key := k.key_id; v_reserved := k.reserved; v_running := NULL;
      v_minute_count := CASE WHEN k.minute_runs THEN k.minute_count ELSE 0 END;
    END IF;

    IF k.revoked_at IS NOT NULL THEN outcome := 'key_revoked'; RETURN NEXT; CONTINUE; END IF;
    IF k.expires_at <= v_now THEN outcome := 'key_expired'; RETURN NEXT; CONTINUE; END IF;
    IF k.status <> 'active' THEN outcome := 'suspended'; RETURN NEXT; CONTINUE; END IF;

    IF k.is_new THEN
      IF k.concurrency_max IS NOT NULL THEN
        v_running := coalesce(v_running, (SELECT count(*) FROM admissions x WHERE x.key_id = k.key_id));
        IF v_running >= k.concurrency_max THEN
          outcome := 'concurrency_full'; retry_after_s := 1; RETURN NEXT; CONTINUE;
        END IF;
      END IF;
      IF v_minute_count >= k.requests_per_minute_max THEN
        outcome := 'rate_limited';
        retry_after_s := greatest(1, ceil(extract(epoch FROM
          CASE WHEN k.minute_runs THEN k.minute_start ELSE v_now END + interval '60 seconds' - v_now)))::int;
        RETURN NEXT; CONTINUE;
      END IF;
    END IF;

    IF k.amount IS NOT NULL THEN
      available := v_available; held := v_held;
      IF k.month_left < k.amount THEN
        outcome := 'budget_reached'; resets_at := v_month + interval '1 month';
      ELSIF k.week_left < k.amount THEN
        outcome := 'budget_reached'; resets_at := v_week + interval '7 days';
      ELSIF k.day_left < k.amount THEN
        outcome := 'budget_reached'; resets_at := v_day + interval '1 day';
      ELSIF least(k.month_left, k.week_left, k.day_left) < v_reserved + k.amount THEN
        outcome := 'budget_busy'; retry_after_s := 1;
      END IF;
      IF outcome = 'budget_reached' THEN
        -- A shorter answer may fit what is left of every budget.
        available := greatest(least(available, k.month_left, k.week_left, k.day_left), 0);
      END IF;
      IF outcome <> 'ok' THEN RETURN NEXT; CONTINUE; END IF;
      IF available < k.amount THEN
        outcome := CASE WHEN available + held >= k.amount THEN 'wallet_busy' ELSE 'wallet_empty' END;
        retry_after_s := 1;
        RETURN NEXT; CONTINUE;
      END IF;
      v_available := v_available - k.amount; v_held := v_held + k.amount; v_reserved := v_reserved + k.amount;
      available := v_available; held := v_held;
      v_placed := v_placed || k.n;
    END IF;

    IF k.is_new THEN
      v_minute_count := v_minute_count + 1; v_running := v_running + 1;
      v_admitted := v_admitted || k.n;
    END IF;
    v_in := v_in || k.n;
    RETURN NEXT;
  END LOOP;

  WITH items AS MATERIALIZED (
    SELECT i ->> 'requestId' AS request_id, i ->> 'userId' AS user_id, i ->> 'keyId' AS key_id, i ->> 'processId' AS process_id,
           i -> 'hold' AS h, i -> 'hold' ->> 'id' AS hold_id, (i -> 'hold' ->> 'amount')::bigint AS amount,
           o = ANY (v_placed) AS is_placed, o = ANY (v_admitted) AS is_admitted
    FROM jsonb_array_elements(p_items) WITH ORDINALITY AS t(i, o) WHERE o = ANY (v_in)
  ), placed AS (
    INSERT INTO holds (id, request_id, attempt_no, user_id, key_id, lane_id, provider_id, price_id, amount, input_amount, process_id, context)
      SELECT hold_id, request_id, (h ->> 'attemptNo')::int, user_id, key_id, h ->> 'laneId', h ->> 'providerId', h ->> 'priceId', amount,
             (h ->> 'inputAmount')::bigint, process_id, h -> 'context' FROM items WHERE is_placed
  ), moved AS (
    INSERT INTO transfers (id, kind, user_id, hold_id, request_id, actor)
      SELECT 'tr_' || hold_id || '_hold', 'hold', user_id, hold_id, request_id, process_id FROM items WHERE is_placed
  ), booked AS (
    INSERT INTO ledger_entries (transfer_id, account_id, amount)
      SELECT 'tr_' || hold_id || '_hold', side.kind || user_id, side.sign * amount
      FROM items, (VALUES ('available:', -1), ('held:', 1)) AS side(kind, sign) WHERE is_placed
  ), admitted AS (
    INSERT INTO admissions (request_id, key_id, user_id, process_id)
      SELECT request_id, key_id, user_id, process_id FROM items WHERE is_admitted ON CONFLICT DO NOTHING
  )
  UPDATE api_key_usage x SET
    last_used_at = v_now,
    minute_start = CASE WHEN x.minute_start > v_now - interval '60 seconds' THEN x.minute_start ELSE v_now END,
    minute_count = CASE WHEN x.minute_start > v_now - interval '60 seconds' THEN x.minute_count ELSE 0 END + d.admitted,
    reserved = x.reserved + d.amount
    FROM (
      SELECT key_id, count(*) FILTER (WHERE is_admitted) AS admitted, coalesce(sum(amount) FILTER (WHERE is_placed), 0) AS amount
      FROM items GROUP BY key_id
    ) d WHERE x.key_id = d.key_id;
END $$;
--> statement-breakpoint

CREATE TYPE hold_end AS (id text, kind text, cost bigint, provider_cost bigint, estimated bool, actor text);
--> statement-breakpoint

-- Ends placed holds: gives back what was not used, books what was. The caller has locked their wallets and their keys, and nobody
-- ends a hold without these locks.
CREATE FUNCTION end_holds(p_ends hold_end[]) RETURNS void
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  v_day timestamptz := period_start('day');
  v_week timestamptz := period_start('week');
  v_month timestamptz := period_start('month');
BEGIN
  WITH ended AS (
    UPDATE holds h SET state = CASE e.kind WHEN 'settle' THEN 'settled' WHEN 'void' THEN 'voided' ELSE 'expired' END,
                       cost = e.cost, estimated = e.estimated, ended_at = clock_timestamp()
      FROM unnest(p_ends) e WHERE h.id = e.id
      RETURNING h.id, h.user_id, h.key_id, h.request_id, h.amount, e.kind, e.cost, e.provider_cost, e.actor, 'tr_' || h.id || '_' || e.kind AS transfer_id
  ), moved AS (
    INSERT INTO transfers (id, kind, user_id, hold_id, request_id, actor)
      SELECT transfer_id, kind, user_id, id, request_id, actor FROM ended
  ), booked AS (
    INSERT INTO ledger_entries (transfer_id, account_id, amount)
      SELECT transfer_id, side.account, side.amount
      FROM ended,
        -- What the provider charges beyond what the customer paid is the operator's loss, by name.
        LATERAL (VALUES
          ('held:' || user_id, -ended.amount),
          ('available:' || user_id, ended.amount - cost),
          ('revenue', cost),
          ('provider_cost', -least(provider_cost, cost)),
          ('operator_loss', -greatest(provider_cost - cost, 0)),
          ('provider_payable', provider_cost)
        ) AS side(account, amount) WHERE side.amount <> 0
  )
  UPDATE api_key_usage x SET
    reserved = x.reserved - d.amount,
    day_start = v_day, day_spent = CASE WHEN x.day_start = v_day THEN x.day_spent ELSE 0 END + d.cost,
    week_start = v_week, week_spent = CASE WHEN x.week_start = v_week THEN x.week_spent ELSE 0 END + d.cost,
    month_start = v_month, month_spent = CASE WHEN x.month_start = v_month THEN x.month_spent ELSE 0 END + d.cost
    FROM (SELECT key_id, sum(amount) AS amount, sum(cost) AS cost FROM ended GROUP BY key_id) d
    WHERE x.key_id = d.key_id;
END $$;
--> statement-breakpoint

-- Ends requests: their hold, their log rows, their admission. One element of p_items:
--   { requestId, keyId, userId, processId,
--     holds: [{ id, kind: 'settle' | 'void', cost, providerCost, estimated }],
--     request: null | {columns of requests}, attempts: [{columns of attempts}] }
-- Doing an element again changes nothing. A hold that expired meanwhile gets one difference transfer, and the log row that its
-- expiry wrote gives way to the real one. A void of a hold that was never placed is one whose placing failed unheard: nothing to do.
CREATE FUNCTION settle_requests(p_items jsonb) RETURNS TABLE (request_id text, charged bigint)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
  e record;
  v_hold holds;
  v_ends hold_end[];
  v_holds_count int;
  v_difference bigint;
  v_transfer text;
  v_loss bigint;
  v_room bigint;
  v_expired text[];
BEGIN
  PERFORM ensure_request_partitions(s.at) FROM (
    SELECT min((i -> 'request' ->> 'started_at')::timestamptz) AS at FROM jsonb_array_elements(p_items) i WHERE i -> 'request' <> 'null'::jsonb
    GROUP BY date_trunc('month', (i -> 'request' ->> 'started_at')::timestamptz AT TIME ZONE 'UTC')
  ) s;
  PERFORM 1 FROM wallets x
    WHERE x.user_id IN (SELECT i ->> 'userId' FROM jsonb_array_elements(p_items) i WHERE jsonb_array_length(i -> 'holds') > 0)
    ORDER BY x.user_id FOR UPDATE;
  PERFORM 1 FROM api_key_usage x
    WHERE x.key_id IN (SELECT i ->> 'keyId' FROM jsonb_array_elements(p_items) i WHERE jsonb_array_length(i -> 'holds') > 0)
    ORDER BY x.key_id FOR UPDATE;

  SELECT count(*), array_agg(ROW (id, kind, cost, provider_cost, estimated, actor)::hold_end ORDER BY id) FILTER (WHERE is_first AND is_placed)
    INTO v_holds_count, v_ends
    FROM (
      SELECT j ->> 'id' AS id, j ->> 'kind' AS kind, (j ->> 'cost')::bigint AS cost, (j ->> 'providerCost')::bigint AS provider_cost,
             (j ->> 'estimated')::bool AS estimated, i ->> 'processId' AS actor, row_number() OVER (PARTITION BY j ->> 'id') = 1 AS is_first,
             (SELECT h.state FROM holds h WHERE h.id = j ->> 'id' AND h.user_id = i ->> 'userId') = 'placed' AS is_placed
      FROM jsonb_array_elements(p_items) i, jsonb_array_elements(i -> 'holds') j
    ) listed;
  v_ends := coalesce(v_ends, '{}');
  IF cardinality(v_ends) > 0 THEN PERFORM end_holds(v_ends); END IF;

  -- Usually that was all. What is left was never placed, ended before, or expired.
  IF v_holds_count > cardinality(v_ends) THEN FOR e IN
    SELECT j ->> 'id' AS id, j ->> 'kind' AS kind, (j ->> 'cost')::bigint AS cost, (j ->> 'providerCost')::bigint AS provider_cost,
           (j ->> 'estimated')::bool AS estimated, i ->> 'userId' AS user_id, i ->> 'processId' AS process_id
    FROM jsonb_array_elements(p_items) i, jsonb_array_elements(i -> 'holds') j
    WHERE j ->> 'id' <> ALL (ARRAY(SELECT x.id FROM unnest(v_ends) x))
  LOOP
    SELECT * INTO v_hold FROM holds x WHERE x.id = e.id AND x.user_id = e.user_id FOR UPDATE;
    IF NOT FOUND THEN
      CONTINUE WHEN e.kind = 'void';
      RAISE EXCEPTION 'there is no hold % to settle', e.id USING ERRCODE = 'no_data_found';
    END IF;
    CONTINUE WHEN v_hold.state <> 'expired' OR EXISTS (SELECT 1 FROM transfers x WHERE x.hold_id = v_hold.id AND x.kind = 'late_usage');
    -- The process was taken for dead and was not: the real cost replaces the estimate in one difference, never above the
    -- hold, and never below what the wallet can bear; what it cannot bear is the operator's loss.
    SELECT greatest(x.available + x.soft_limit, 0) INTO STRICT v_room FROM wallets x WHERE x.user_id = v_hold.user_id;
    v_difference := least(e.cost - v_hold.cost, v_room);
    v_transfer := 'tr_' || v_hold.id || '_late_usage';
    v_loss := greatest(e.provider_cost - (v_hold.cost + v_difference), 0);
    IF v_difference <> 0 OR e.provider_cost <> 0 THEN
      INSERT INTO transfers (id, kind, user_id, hold_id, request_id, actor)
        VALUES (v_transfer, 'late_usage', v_hold.user_id, v_hold.id, v_hold.request_id, e.process_id);
      INSERT INTO ledger_entries (transfer_id, account_id, amount)
        SELECT v_transfer, d.account, d.amount FROM (VALUES
          ('available:' || v_hold.user_id, -v_difference), ('revenue', v_difference),
          ('provider_cost', -(e.provider_cost - v_loss)), ('operator_loss', -v_loss), ('provider_payable', e.provider_cost)
        ) AS d(account, amount) WHERE d.amount <> 0;
      UPDATE holds SET cost = v_hold.cost + v_difference, estimated = e.estimated WHERE id = v_hold.id;
      UPDATE api_key_usage x SET day_spent = greatest(x.day_spent + v_difference, 0), week_spent = greatest(x.week_spent + v_difference, 0),
        month_spent = greatest(x.month_spent + v_difference, 0) WHERE x.key_id = v_hold.key_id;
    END IF;
    UPDATE requests x SET cost = x.cost + v_difference
      WHERE x.id = v_hold.request_id AND x.started_at = (v_hold.context ->> 'started_at')::timestamptz;
  END LOOP; END IF;

  v_expired := ARRAY(SELECT i ->> 'requestId' FROM jsonb_array_elements(p_items) i WHERE i -> 'request' <> 'null'::jsonb
    AND (SELECT count(*) FROM holds x WHERE x.request_id = i ->> 'requestId' AND x.state = 'expired') > 0);
  IF cardinality(v_expired) > 0 THEN
    DELETE FROM requests x USING jsonb_array_elements(p_items) i
      WHERE i ->> 'requestId' = ANY (v_expired) AND x.id = i ->> 'requestId' AND x.started_at = (i -> 'request' ->> 'started_at')::timestamptz;
  END IF;
  -- What expiry charged is not always what the request comes to: such a row shows what its holds have cost.
  RETURN QUERY WITH logged AS (
    INSERT INTO requests SELECT r.* FROM jsonb_array_elements(p_items) i, jsonb_populate_record(NULL::requests,
        CASE WHEN i ->> 'requestId' = ANY (v_expired)
          THEN (i -> 'request') || jsonb_build_object('cost', (SELECT coalesce(sum(h.cost), 0) FROM holds h WHERE h.request_id = i ->> 'requestId'))
          ELSE i -> 'request' END) r
      WHERE i -> 'request' <> 'null'::jsonb ON CONFLICT DO NOTHING
  ), tried AS (
    INSERT INTO attempts SELECT r.* FROM jsonb_array_elements(p_items) i, jsonb_array_elements(i -> 'attempts') a, jsonb_populate_record(NULL::attempts, a) r
      ON CONFLICT DO NOTHING
  ), released AS (
    DELETE FROM admissions x USING jsonb_array_elements(p_items) i WHERE x.request_id = i ->> 'requestId' AND i -> 'request' <> 'null'::jsonb
  )
  SELECT i ->> 'requestId', (SELECT coalesce(sum(h.cost), 0)::bigint FROM jsonb_array_elements(i -> 'holds') j JOIN holds h ON h.id = j ->> 'id')
    FROM jsonb_array_elements(p_items) WITH ORDINALITY AS t(i, o) ORDER BY o;
END $$;
--> statement-breakpoint

-- Settles the holds that dead processes left, and forgets their admissions. Dead is a matter of the database's clock alone.
-- Progress as of the last heartbeat decides: nothing known: free; accepted upstream: its input; content seen: input plus the
-- output that was seen. All are flagged as estimated. No hold outlives p_age_max_s, whoever still beats for it: no request may run
-- that long. Returns how many holds were ended.
CREATE FUNCTION expire_dead_holds(p_timeout_s int, p_limit int, p_age_max_s int DEFAULT 86400) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  v_hold holds;
  v_cost bigint;
  v_count int := 0;
BEGIN
  DELETE FROM admissions a WHERE NOT EXISTS (
    SELECT 1 FROM processes p WHERE p.id = a.process_id AND p.ended_at IS NULL AND p.heartbeat_at > clock_timestamp() - make_interval(secs => p_timeout_s))
    AND a.admitted_at < clock_timestamp() - make_interval(secs => p_timeout_s);
  FOR v_hold IN
    SELECT h.* FROM holds h
    WHERE h.state = 'placed'
      AND h.placed_at < clock_timestamp() - make_interval(secs => p_timeout_s)
      AND (h.placed_at < clock_timestamp() - make_interval(secs => p_age_max_s)
        OR NOT EXISTS (SELECT 1 FROM processes p WHERE p.id = h.process_id AND p.heartbeat_at > clock_timestamp() - make_interval(secs => p_timeout_s)))
      AND NOT EXISTS (SELECT 1 FROM parked_settlements s WHERE s.request_id = h.request_id AND s.resolved_at IS NULL)
    ORDER BY h.user_id, h.key_id, h.id LIMIT p_limit
  LOOP
    PERFORM 1 FROM wallets w WHERE w.user_id = v_hold.user_id FOR UPDATE;
    PERFORM 1 FROM api_key_usage u WHERE u.key_id = v_hold.key_id FOR UPDATE;
    SELECT * INTO v_hold FROM holds h WHERE h.id = v_hold.id AND h.state = 'placed' FOR UPDATE;
    CONTINUE WHEN NOT FOUND;
    SELECT CASE v_hold.progress
        WHEN 'accepted' THEN v_hold.input_amount
        WHEN 'content' THEN least(v_hold.amount, v_hold.input_amount + (v_hold.progress_output_tokens::bigint * p.output + 999999) / 1000000)
        ELSE 0 END
      INTO STRICT v_cost FROM prices p WHERE p.id = v_hold.price_id;
    PERFORM end_holds(ARRAY[ROW (v_hold.id, 'expire', v_cost, 0, true, 'background')::hold_end]);
    PERFORM ensure_request_partitions((v_hold.context ->> 'started_at')::timestamptz);
    INSERT INTO requests SELECT r.* FROM jsonb_populate_record(NULL::requests, v_hold.context || jsonb_build_object(
        'ended_at', clock_timestamp(), 'outcome', 'interrupted', 'status', 0, 'client_gone', true, 'usage_estimated', true, 'hold_id', v_hold.id,
        'cost', (SELECT coalesce(sum(h.cost), 0) FROM holds h WHERE h.request_id = v_hold.request_id),
        'hold_amount', v_hold.amount, 'price_id', v_hold.price_id, 'output_tokens', v_hold.progress_output_tokens,
        'duration_ms', least(extract(epoch FROM clock_timestamp() - (v_hold.context ->> 'started_at')::timestamptz) * 1000, 2147483647)::int)) r
      ON CONFLICT (id, started_at) DO UPDATE SET cost = excluded.cost;
    v_count := v_count + 1;
  END LOOP;
  RETURN v_count;
END $$;
--> statement-breakpoint

-- How far running requests have come, in one statement however many they are: p_progress is [{ holdId, stage, outputTokens }].
-- A hold that is being settled at this moment needs no progress any more, so it is skipped, not waited for.
CREATE FUNCTION note_progress(p_progress jsonb) RETURNS void LANGUAGE sql AS $$
  UPDATE holds h SET progress = i ->> 'stage', progress_output_tokens = (i ->> 'outputTokens')::int
    FROM jsonb_array_elements(p_progress) i
    WHERE h.id = i ->> 'holdId' AND h.id IN (
      SELECT x.id FROM holds x JOIN jsonb_array_elements(p_progress) p ON x.id = p ->> 'holdId'
      WHERE x.state = 'placed' ORDER BY x.id FOR UPDATE OF x SKIP LOCKED);
$$;
