-- What runs is shown with its model and its lane from the moment it is let in, and with its tokens so far on every lane, not only where
-- it holds money. The table is unlogged and as long as what runs, so this takes no time.
ALTER TABLE "admissions" ADD COLUMN "model" text;--> statement-breakpoint
ALTER TABLE "admissions" ADD COLUMN "lane_id" text;--> statement-breakpoint
ALTER TABLE "admissions" ADD COLUMN "progress" text;--> statement-breakpoint
ALTER TABLE "admissions" ADD COLUMN "progress_output_tokens" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
-- As in 0010_shared_limits.sql, but that an admission has a model and a lane, in the same statement as before. A `web` that is not
-- restarted yet sends neither.
CREATE OR REPLACE FUNCTION admit_requests(p_items jsonb)
RETURNS TABLE (ordinal int, outcome text, available bigint, held bigint, retry_after_s int, resets_at timestamptz)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
  k record;
  v_now timestamptz := clock_timestamp();
  v_day timestamptz := period_start('day');
  v_week timestamptz := period_start('week');
  v_month timestamptz := period_start('month');
  -- How this group has left the wallet and the keys of the element before.
  v_user text;
  v_first_key text;
  v_available bigint;
  v_held bigint;
  v_reserved bigint;
  v_minute_count int;
  v_running bigint;
  v_new int;
  -- Positions, from 1, of the elements that may write: all that are in, those that are counted, those whose hold is placed.
  v_in int[] := '{}';
  v_admitted int[] := '{}';
  v_placed int[] := '{}';
BEGIN
  PERFORM 1 FROM wallets x
    WHERE x.user_id IN (SELECT i ->> 'userId' FROM jsonb_array_elements(p_items) i WHERE i -> 'hold' <> 'null'::jsonb)
    ORDER BY x.user_id FOR UPDATE;
  PERFORM 1 FROM api_key_usage x
    WHERE x.key_id IN (
      SELECT s.id FROM jsonb_array_elements(p_items) i
      JOIN api_keys a ON a.id = i ->> 'keyId'
      JOIN api_keys s ON coalesce(s.first_key_id, s.id) = coalesce(a.first_key_id, a.id))
    ORDER BY x.key_id FOR UPDATE;

  -- First decide, one element after the other; then write, all of them at once.
  FOR k IN
    SELECT t.o::int AS n, a.id AS key_id, a.user_id, a.revoked_at, a.expires_at, a.concurrency_max, a.requests_per_minute_max,
           coalesce(a.first_key_id, a.id) AS first_key_id,
           a.budget_month - c.month_spent AS month_left, a.budget_week - c.week_spent AS week_left, a.budget_day - c.day_spent AS day_left,
           s.status, c.minute_start, c.minute_count, c.reserved,
           w.available + w.soft_limit AS available, w.held,
           (t.i ->> 'admit')::bool AND (SELECT x.request_id FROM admissions x WHERE x.request_id = t.i ->> 'requestId') IS NULL AS is_new,
           CASE WHEN (SELECT x.id FROM holds x WHERE x.id = t.i -> 'hold' ->> 'id') IS NULL THEN (t.i -> 'hold' ->> 'amount')::bigint END AS amount
    FROM jsonb_array_elements(p_items) WITH ORDINALITY AS t(i, o)
    LEFT JOIN api_keys a ON a.id = t.i ->> 'keyId' AND a.user_id = t.i ->> 'userId'
    LEFT JOIN users s ON s.id = a.user_id
    LEFT JOIN LATERAL (
      SELECT coalesce(sum(u.month_spent) FILTER (WHERE u.month_start = v_month), 0)::bigint AS month_spent,
             coalesce(sum(u.week_spent) FILTER (WHERE u.week_start = v_week), 0)::bigint AS week_spent,
             coalesce(sum(u.day_spent) FILTER (WHERE u.day_start = v_day), 0)::bigint AS day_spent,
             min(u.minute_start) FILTER (WHERE u.minute_start > v_now - interval '60 seconds') AS minute_start,
             coalesce(sum(u.minute_count) FILTER (WHERE u.minute_start > v_now - interval '60 seconds'), 0)::int AS minute_count,
             sum(u.reserved)::bigint AS reserved
      FROM api_keys x JOIN api_key_usage u ON u.key_id = x.id
      WHERE coalesce(x.first_key_id, x.id) = coalesce(a.first_key_id, a.id)
    ) c ON true
    LEFT JOIN wallets w ON w.user_id = a.user_id
    ORDER BY a.user_id, coalesce(a.first_key_id, a.id), t.o
  LOOP
    IF k.key_id IS NULL THEN RAISE EXCEPTION 'there is no such key of this user' USING ERRCODE = 'no_data_found'; END IF;
    ordinal := k.n - 1; outcome := 'ok'; available := NULL; held := NULL; retry_after_s := NULL; resets_at := NULL;
    IF v_user IS DISTINCT FROM k.user_id THEN
      v_user := k.user_id; v_available := k.available; v_held := k.held;
    END IF;
    IF v_first_key IS DISTINCT FROM k.first_key_id THEN
      v_first_key := k.first_key_id; v_reserved := k.reserved; v_running := NULL; v_new := 0; v_minute_count := k.minute_count;
    END IF;

    IF k.revoked_at IS NOT NULL THEN outcome := 'key_revoked'; RETURN NEXT; CONTINUE; END IF;
    IF k.expires_at <= v_now THEN outcome := 'key_expired'; RETURN NEXT; CONTINUE; END IF;
    IF k.status <> 'active' THEN outcome := 'suspended'; RETURN NEXT; CONTINUE; END IF;

    IF k.is_new THEN
      IF k.concurrency_max IS NOT NULL THEN
        v_running := coalesce(v_running, (
          SELECT count(*) FROM api_keys s JOIN admissions x ON x.key_id = s.id WHERE coalesce(s.first_key_id, s.id) = k.first_key_id));
        IF v_running + v_new >= k.concurrency_max THEN
          outcome := 'concurrency_full'; retry_after_s := 1; RETURN NEXT; CONTINUE;
        END IF;
      END IF;
      IF v_minute_count >= k.requests_per_minute_max THEN
        outcome := 'rate_limited';
        retry_after_s := greatest(1, ceil(extract(epoch FROM coalesce(k.minute_start, v_now) + interval '60 seconds' - v_now)))::int;
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
      v_minute_count := v_minute_count + 1; v_new := v_new + 1;
      v_admitted := v_admitted || k.n;
    END IF;
    v_in := v_in || k.n;
    RETURN NEXT;
  END LOOP;

  WITH items AS MATERIALIZED (
    SELECT i ->> 'requestId' AS request_id, i ->> 'userId' AS user_id, i ->> 'keyId' AS key_id, i ->> 'processId' AS process_id,
           i ->> 'laneId' AS lane_id, i ->> 'model' AS model, i -> 'hold' AS h, i -> 'hold' ->> 'id' AS hold_id, (i -> 'hold' ->> 'amount')::bigint AS amount,
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
    INSERT INTO admissions (request_id, key_id, user_id, process_id, lane_id, model)
      SELECT request_id, key_id, user_id, process_id, lane_id, model FROM items WHERE is_admitted ON CONFLICT DO NOTHING
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
-- How far running requests have come, in two statements however many they are: p_progress is
-- [{ requestId, laneId, holdId, stage, outputTokens }]. Holds know it for the case that their process dies, admissions for who looks.
-- What is being settled at this moment needs no progress any more, so it is skipped, not waited for; what has not changed is not written.
CREATE OR REPLACE FUNCTION note_progress(p_progress jsonb) RETURNS void LANGUAGE sql AS $$
  UPDATE holds h SET progress = i ->> 'stage', progress_output_tokens = (i ->> 'outputTokens')::int
    FROM jsonb_array_elements(p_progress) i
    WHERE h.id = i ->> 'holdId' AND i ->> 'stage' IS NOT NULL AND h.id IN (
      SELECT x.id FROM holds x JOIN jsonb_array_elements(p_progress) p ON x.id = p ->> 'holdId'
      WHERE x.state = 'placed' ORDER BY x.id FOR UPDATE OF x SKIP LOCKED);
  UPDATE admissions a SET lane_id = i ->> 'laneId', progress = i ->> 'stage', progress_output_tokens = (i ->> 'outputTokens')::int
    FROM jsonb_array_elements(p_progress) i
    WHERE a.request_id = i ->> 'requestId' AND a.request_id IN (
      SELECT x.request_id FROM admissions x JOIN jsonb_array_elements(p_progress) p ON x.request_id = p ->> 'requestId'
      WHERE (x.lane_id, x.progress, x.progress_output_tokens) IS DISTINCT FROM (p ->> 'laneId', p ->> 'stage', (p ->> 'outputTokens')::int)
      ORDER BY x.request_id FOR UPDATE OF x SKIP LOCKED);
$$;
