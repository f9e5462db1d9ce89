-- A row of the request log that is written long after its request began (a settlement that waited on disk, a process that was
-- taken for dead) belongs to a quarter-hour that may be summed up already. It leaves a mark in its own transaction, so that from
-- the same moment on that quarter is read from the log itself, until `background` has made its sums anew. The hour is the one of
-- lib/requests/roll-up-usage.ts: what is younger is not summed up yet. Marks are only ever added, so nobody waits for anybody.
--
-- Its owner may have been deleted meanwhile: then there is something personal in the log again.
CREATE FUNCTION mark_late_request() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO usage_stale (user_id, quarter) VALUES (NEW.user_id, date_bin('15 minutes', NEW.started_at, 'epoch'));
  UPDATE users SET traces_erased_at = NULL WHERE id = NEW.user_id AND traces_erased_at IS NOT NULL;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER requests_late_insert AFTER INSERT ON requests FOR EACH ROW
  WHEN (NEW.started_at < now() - interval '1 hour') EXECUTE FUNCTION mark_late_request();
--> statement-breakpoint
-- Of what is changed, only that which is summed up or told apart by counts, and however many rows one statement changes in a quarter
-- leave one mark. Rows never change their user or their time. Set against each other by EXCEPT and not by a join: a transition table has
-- no statistics.
CREATE FUNCTION mark_changed_requests() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO usage_stale (user_id, quarter)
    SELECT DISTINCT user_id, date_bin('15 minutes', started_at, 'epoch') FROM (
      SELECT id, user_id, started_at, model, key_id, lane_id, lane_kind, project_id, client, outcome, cost, cost_on_wallet,
        fresh_input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, reasoning_tokens
        FROM rows_before WHERE started_at < now() - interval '1 hour'
      EXCEPT
      SELECT id, user_id, started_at, model, key_id, lane_id, lane_kind, project_id, client, outcome, cost, cost_on_wallet,
        fresh_input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, reasoning_tokens
        FROM rows_after
    ) changed;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER requests_late_change AFTER UPDATE ON requests REFERENCING OLD TABLE AS rows_before NEW TABLE AS rows_after
  FOR EACH STATEMENT EXECUTE FUNCTION mark_changed_requests();
--> statement-breakpoint
CREATE FUNCTION mark_deleted_requests() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO usage_stale (user_id, quarter)
    SELECT DISTINCT user_id, date_bin('15 minutes', started_at, 'epoch') FROM rows_before WHERE started_at < now() - interval '1 hour';
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER requests_late_delete AFTER DELETE ON requests REFERENCING OLD TABLE AS rows_before
  FOR EACH STATEMENT EXECUTE FUNCTION mark_deleted_requests();
