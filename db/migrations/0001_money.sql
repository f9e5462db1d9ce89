-- What Drizzle cannot say: triggers that make the ledger append-only and balanced, the state machine of holds, partitions,
-- and the three functions of the hot path (admit, settle, expire). Each function is one round trip for a whole group of
-- requests; locks are taken wallets first, then keys, both in id order, so that two groups can never wait for each other in a ring.

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
-- statement instead of one per entry. It reads all entries of the touched transfers, so entries added later are caught too.
CREATE FUNCTION apply_ledger_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- A correlated sum, not a join: a transition table has no statistics, and a join would read the whole ledger.
  IF EXISTS (
    SELECT 1 FROM (SELECT DISTINCT a.transfer_id FROM added a) t
    WHERE (SELECT sum(e.amount) FROM ledger_entries e WHERE e.transfer_id = t.transfer_id) <> 0
  ) THEN
    RAISE EXCEPTION 'the entries of a transfer must sum to zero' USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_entries_balanced';
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

CREATE FUNCTION period_start(p_unit text) RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT date_trunc(p_unit, now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'
$$;
--> statement-breakpoint

-- Lets requests in and places their holds. One element of p_items:
--   { requestId, keyId, userId, processId, admit: bool,
--     hold: null | { id, attemptNo, laneId, providerId, priceId, amount, inputAmount, context } }
-- Outcomes: ok, key_revoked, key_expired, suspended, concurrency_full, rate_limited, budget_reached, budget_busy,
-- wallet_empty, wallet_busy. Anything but ok wrote nothing for that element. Re-sending an element that is already in is ok.
CREATE FUNCTION admit_requests(p_items jsonb)
RETURNS TABLE (ordinal int, outcome text, available bigint, held bigint, retry_after_s int, resets_at timestamptz)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  item record;
  k record;
  w record;
  h jsonb;
  v_amount bigint;
  v_now timestamptz := clock_timestamp();
  v_day timestamptz := period_start('day');
  v_week timestamptz := period_start('week');
  v_month timestamptz := period_start('month');
BEGIN
  PERFORM 1 FROM wallets x
    WHERE x.user_id IN (SELECT i ->> 'userId' FROM jsonb_array_elements(p_items) i WHERE i -> 'hold' <> 'null'::jsonb)
    ORDER BY x.user_id FOR UPDATE;
  PERFORM 1 FROM api_key_usage x
    WHERE x.key_id IN (SELECT i ->> 'keyId' FROM jsonb_array_elements(p_items) i)
    ORDER BY x.key_id FOR UPDATE;

  FOR item IN SELECT (o - 1)::int AS n, i AS j FROM jsonb_array_elements(p_items) WITH ORDINALITY AS t(i, o) LOOP
    ordinal := item.n; outcome := 'ok'; available := NULL; held := NULL; retry_after_s := NULL; resets_at := NULL;
    h := NULLIF(item.j -> 'hold', 'null'::jsonb);

    SELECT a.revoked_at, a.expires_at, a.concurrency_max, a.requests_per_minute_max, a.budget_day, a.budget_week, a.budget_month,
           s.status, c.minute_start, c.minute_count, c.reserved,
           CASE WHEN c.day_start = v_day THEN c.day_spent ELSE 0 END AS day_spent,
           CASE WHEN c.week_start = v_week THEN c.week_spent ELSE 0 END AS week_spent,
           CASE WHEN c.month_start = v_month THEN c.month_spent ELSE 0 END AS month_spent
      INTO STRICT k
      FROM api_keys a JOIN users s ON s.id = a.user_id JOIN api_key_usage c ON c.key_id = a.id
      WHERE a.id = item.j ->> 'keyId' AND a.user_id = item.j ->> 'userId';

    IF k.revoked_at IS NOT NULL THEN outcome := 'key_revoked'; RETURN NEXT; CONTINUE; END IF;
    IF k.expires_at <= v_now THEN outcome := 'key_expired'; RETURN NEXT; CONTINUE; END IF;
    IF k.status <> 'active' THEN outcome := 'suspended'; RETURN NEXT; CONTINUE; END IF;

    IF (item.j ->> 'admit')::bool AND NOT EXISTS (SELECT 1 FROM admissions x WHERE x.request_id = item.j ->> 'requestId') THEN
      IF k.concurrency_max IS NOT NULL
         AND (SELECT count(*) FROM admissions x WHERE x.key_id = item.j ->> 'keyId') >= k.concurrency_max THEN
        outcome := 'concurrency_full'; retry_after_s := 1; RETURN NEXT; CONTINUE;
      END IF;
      IF k.requests_per_minute_max IS NOT NULL AND k.minute_start > v_now - interval '60 seconds'
         AND k.minute_count >= k.requests_per_minute_max THEN
        outcome := 'rate_limited';
        retry_after_s := greatest(1, ceil(extract(epoch FROM k.minute_start + interval '60 seconds' - v_now)))::int;
        RETURN NEXT; CONTINUE;
      END IF;
    END IF;

    IF h IS NOT NULL AND NOT EXISTS (SELECT 1 FROM holds x WHERE x.id = h ->> 'id') THEN
      v_amount := (h ->> 'amount')::bigint;
      IF k.budget_month < k.month_spent + v_amount THEN outcome := 'budget_reached'; resets_at := v_month + interval '1 month';
      ELSIF k.budget_week < k.week_spent + v_amount THEN outcome := 'budget_reached'; resets_at := v_week + interval '7 days';
      ELSIF k.budget_day < k.day_spent + v_amount THEN outcome := 'budget_reached'; resets_at := v_day + interval '1 day';
      ELSIF least(k.budget_month - k.month_spent, k.budget_week - k.week_spent, k.budget_day - k.day_spent) < k.reserved + v_amount THEN
        outcome := 'budget_busy'; retry_after_s := 1;
      END IF;
      SELECT x.available, x.held, x.soft_limit INTO STRICT w FROM wallets x WHERE x.user_id = item.j ->> 'userId';
      available := w.available + w.soft_limit; held := w.held;
      IF outcome <> 'ok' THEN RETURN NEXT; CONTINUE; END IF;
      IF available < v_amount THEN
        outcome := CASE WHEN available + held >= v_amount THEN 'wallet_busy' ELSE 'wallet_empty' END;
        retry_after_s := 1;
        RETURN NEXT; CONTINUE;
      END IF;
      INSERT INTO holds (id, request_id, attempt_no, user_id, key_id, lane_id, provider_id, price_id, amount, input_amount, process_id, context)
        VALUES (h ->> 'id', item.j ->> 'requestId', (h ->> 'attemptNo')::int, item.j ->> 'userId', item.j ->> 'keyId', h ->> 'laneId',
                h ->> 'providerId', h ->> 'priceId', v_amount, (h ->> 'inputAmount')::bigint, item.j ->> 'processId', h -> 'context');
      INSERT INTO transfers (id, kind, user_id, hold_id, request_id, actor)
        VALUES ('tr_' || (h ->> 'id') || '_hold', 'hold', item.j ->> 'userId', h ->> 'id', item.j ->> 'requestId', item.j ->> 'processId');
      INSERT INTO ledger_entries (transfer_id, account_id, amount)
        VALUES ('tr_' || (h ->> 'id') || '_hold', 'available:' || (item.j ->> 'userId'), -v_amount),
               ('tr_' || (h ->> 'id') || '_hold', 'held:' || (item.j ->> 'userId'), v_amount);
      available := available - v_amount; held := held + v_amount;
    END IF;

    IF (item.j ->> 'admit')::bool THEN
      INSERT INTO admissions (request_id, key_id, user_id, process_id)
        VALUES (item.j ->> 'requestId', item.j ->> 'keyId', item.j ->> 'userId', item.j ->> 'processId')
        ON CONFLICT DO NOTHING;
    END IF;
    UPDATE api_key_usage x SET
      last_used_at = v_now,
      minute_start = CASE WHEN x.minute_start > v_now - interval '60 seconds' THEN x.minute_start ELSE v_now END,
      minute_count = CASE WHEN x.minute_start > v_now - interval '60 seconds' THEN x.minute_count ELSE 0 END
                     + CASE WHEN (item.j ->> 'admit')::bool THEN 1 ELSE 0 END,
      reserved = x.reserved + coalesce(v_amount, 0)
      WHERE x.key_id = item.j ->> 'keyId';
    v_amount := NULL;
    RETURN NEXT;
  END LOOP;
END $$;
--> statement-breakpoint

-- Ends one placed hold: gives back what was not used, books what was. The caller has locked the hold, its wallet and its key.
CREATE FUNCTION end_hold(p_hold holds, p_kind text, p_cost bigint, p_provider_cost bigint, p_estimated bool, p_actor text)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_transfer text := 'tr_' || p_hold.id || '_' || p_kind;
  -- What the provider charges beyond what the customer paid is the operator's loss, by name.
  v_loss bigint := greatest(p_provider_cost - p_cost, 0);
  v_day timestamptz := period_start('day');
  v_week timestamptz := period_start('week');
  v_month timestamptz := period_start('month');
BEGIN
  UPDATE holds SET state = CASE p_kind WHEN 'settle' THEN 'settled' WHEN 'void' THEN 'voided' ELSE 'expired' END,
                   cost = p_cost, estimated = p_estimated, ended_at = clock_timestamp()
    WHERE id = p_hold.id;
  INSERT INTO transfers (id, kind, user_id, hold_id, request_id, actor)
    VALUES (v_transfer, p_kind, p_hold.user_id, p_hold.id, p_hold.request_id, p_actor);
  INSERT INTO ledger_entries (transfer_id, account_id, amount)
    SELECT v_transfer, e.account, e.amount FROM (VALUES
      ('held:' || p_hold.user_id, -p_hold.amount),
      ('available:' || p_hold.user_id, p_hold.amount - p_cost),
      ('revenue', p_cost),
      ('provider_cost', -(p_provider_cost - v_loss)),
      ('operator_loss', -v_loss),
      ('provider_payable', p_provider_cost)
    ) AS e(account, amount) WHERE e.amount <> 0;
  UPDATE api_key_usage x SET
    reserved = x.reserved - p_hold.amount,
    day_start = v_day, day_spent = CASE WHEN x.day_start = v_day THEN x.day_spent ELSE 0 END + p_cost,
    week_start = v_week, week_spent = CASE WHEN x.week_start = v_week THEN x.week_spent ELSE 0 END + p_cost,
    month_start = v_month, month_spent = CASE WHEN x.month_start = v_month THEN x.month_spent ELSE 0 END + p_cost
    WHERE x.key_id = p_hold.key_id;
END $$;
--> statement-breakpoint

-- Ends requests: their hold, their log rows, their admission. One element of p_items:
--   { requestId, keyId, userId, processId,
--     holds: [{ id, kind: 'settle' | 'void', cost, providerCost, estimated }],
--     request: null | {columns of requests}, attempts: [{columns of attempts}] }
-- Doing an element again changes nothing. A hold that expired meanwhile gets one difference transfer.
CREATE FUNCTION settle_requests(p_items jsonb) RETURNS TABLE (request_id text, charged bigint)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  item jsonb;
  e jsonb;
  v_hold holds;
  v_difference bigint;
  v_transfer text;
  v_loss bigint;
  v_provider_cost bigint;
  v_room bigint;
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

  FOR item IN SELECT * FROM jsonb_array_elements(p_items) LOOP
    request_id := item ->> 'requestId';
    charged := 0;
    FOR e IN SELECT * FROM jsonb_array_elements(item -> 'holds') LOOP
      SELECT * INTO STRICT v_hold FROM holds x WHERE x.id = e ->> 'id' AND x.user_id = item ->> 'userId' FOR UPDATE;
      v_provider_cost := (e ->> 'providerCost')::bigint;
      IF v_hold.state = 'placed' THEN
        PERFORM end_hold(v_hold, e ->> 'kind', (e ->> 'cost')::bigint, v_provider_cost, (e ->> 'estimated')::bool, item ->> 'processId');
        charged := charged + (e ->> 'cost')::bigint;
      ELSIF v_hold.state = 'expired'
            AND NOT EXISTS (SELECT 1 FROM transfers x WHERE x.hold_id = v_hold.id AND x.kind = 'late_usage') THEN
        -- The process was taken for dead and was not: the real cost replaces the estimate in one difference, never above the
        -- hold, and never below what the wallet can bear; what it cannot bear is the operator's loss.
        SELECT greatest(x.available + x.soft_limit, 0) INTO STRICT v_room FROM wallets x WHERE x.user_id = v_hold.user_id;
        v_difference := least((e ->> 'cost')::bigint - v_hold.cost, v_room);
        v_transfer := 'tr_' || v_hold.id || '_late_usage';
        v_loss := greatest(v_provider_cost - (v_hold.cost + v_difference), 0);
        IF v_difference <> 0 OR v_provider_cost <> 0 THEN
          INSERT INTO transfers (id, kind, user_id, hold_id, request_id, actor)
            VALUES (v_transfer, 'late_usage', v_hold.user_id, v_hold.id, v_hold.request_id, item ->> 'processId');
          INSERT INTO ledger_entries (transfer_id, account_id, amount)
            SELECT v_transfer, d.account, d.amount FROM (VALUES
              ('available:' || v_hold.user_id, -v_difference), ('revenue', v_difference),
              ('provider_cost', -(v_provider_cost - v_loss)), ('operator_loss', -v_loss), ('provider_payable', v_provider_cost)
            ) AS d(account, amount) WHERE d.amount <> 0;
          UPDATE holds SET cost = v_hold.cost + v_difference, estimated = (e ->> 'estimated')::bool WHERE id = v_hold.id;
          UPDATE api_key_usage x SET day_spent = greatest(x.day_spent + v_difference, 0), week_spent = greatest(x.week_spent + v_difference, 0),
            month_spent = greatest(x.month_spent + v_difference, 0) WHERE x.key_id = v_hold.key_id;
        END IF;
        charged := charged + v_hold.cost + v_difference;
        -- The log row that expiry wrote gives way to the real one.
        DELETE FROM requests x WHERE x.id = v_hold.request_id AND x.outcome = 'interrupted' AND x.started_at = (item -> 'request' ->> 'started_at')::timestamptz;
        DELETE FROM attempts x WHERE x.request_id = v_hold.request_id AND x.started_at = (item -> 'request' ->> 'started_at')::timestamptz;
        INSERT INTO requests SELECT r.* FROM jsonb_populate_record(NULL::requests,
          (item -> 'request') || jsonb_build_object('cost', v_hold.cost + v_difference)) r;
      ELSE
        charged := charged + v_hold.cost;
      END IF;
    END LOOP;
    RETURN NEXT;
  END LOOP;
  INSERT INTO requests SELECT r.* FROM jsonb_array_elements(p_items) i, jsonb_populate_record(NULL::requests, i -> 'request') r
    WHERE i -> 'request' <> 'null'::jsonb ON CONFLICT DO NOTHING;
  INSERT INTO attempts SELECT r.* FROM jsonb_array_elements(p_items) i, jsonb_array_elements(i -> 'attempts') a, jsonb_populate_record(NULL::attempts, a) r
    ON CONFLICT DO NOTHING;
  DELETE FROM admissions x USING jsonb_array_elements(p_items) i WHERE x.request_id = i ->> 'requestId' AND i -> 'request' <> 'null'::jsonb;
END $$;
--> statement-breakpoint

-- Settles the holds that dead processes left, and forgets their admissions. Dead is a matter of the database's clock alone.
-- Progress as of the last heartbeat decides: nothing known: free; accepted upstream: its input; content seen: input plus the
-- output that was seen. All are flagged as estimated. Returns how many holds were ended.
CREATE FUNCTION expire_dead_holds(p_timeout_s int, p_limit int) RETURNS int LANGUAGE plpgsql AS $$
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
      AND NOT EXISTS (SELECT 1 FROM processes p WHERE p.id = h.process_id AND p.heartbeat_at > clock_timestamp() - make_interval(secs => p_timeout_s))
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
    PERFORM end_hold(v_hold, 'expire', v_cost, 0, true, 'background');
    PERFORM ensure_request_partitions((v_hold.context ->> 'started_at')::timestamptz);
    INSERT INTO requests SELECT r.* FROM jsonb_populate_record(NULL::requests, v_hold.context || jsonb_build_object(
        'ended_at', clock_timestamp(), 'outcome', 'interrupted', 'status', 0, 'client_gone', true, 'usage_estimated', true, 'cost', v_cost, 'hold_id', v_hold.id,
        'hold_amount', v_hold.amount, 'price_id', v_hold.price_id, 'output_tokens', v_hold.progress_output_tokens,
        'duration_ms', least(extract(epoch FROM clock_timestamp() - (v_hold.context ->> 'started_at')::timestamptz) * 1000, 2147483647)::int)) r
      ON CONFLICT DO NOTHING;
    v_count := v_count + 1;
  END LOOP;
  RETURN v_count;
END $$;
--> statement-breakpoint

-- One statement per heartbeat, however many requests run: p_progress is [{ holdId, stage, outputTokens }].
CREATE FUNCTION beat(p_process text, p_progress jsonb) RETURNS void LANGUAGE sql AS $$
  UPDATE processes SET heartbeat_at = clock_timestamp() WHERE id = p_process;
  UPDATE holds h SET progress = i ->> 'stage', progress_output_tokens = (i ->> 'outputTokens')::int
    FROM jsonb_array_elements(p_progress) i WHERE h.id = i ->> 'holdId' AND h.state = 'placed';
$$;
