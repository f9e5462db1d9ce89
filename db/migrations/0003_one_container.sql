-- One ChatGPT account = one container = one owner, for the whole life of the row.
--   owner     never changes
--   fence     only grows; it grows exactly when the lease gets another holder, so that what a former holder still does can be told apart
--   lease     passes to another runner only when it was given back or has run out by the clock of this database
--   host      stays while there may be a home on it: only an account without a container may move
CREATE FUNCTION guard_chatgpt_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'chatgpt account % is kept: remove it by its state', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  IF (NEW.id, NEW.user_id) IS DISTINCT FROM (OLD.id, OLD.user_id) THEN
    RAISE EXCEPTION 'chatgpt account % has one owner', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  IF OLD.state = 'removed' AND NEW.state <> 'removed' THEN
    RAISE EXCEPTION 'chatgpt account % is removed', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  IF NEW.lease_runner_id IS NOT NULL AND NEW.lease_runner_id IS DISTINCT FROM OLD.lease_runner_id THEN
    IF OLD.lease_runner_id IS NOT NULL AND OLD.lease_expires_at > clock_timestamp() THEN
      RAISE EXCEPTION 'chatgpt account % is leased until %', OLD.id, OLD.lease_expires_at USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.fence <> OLD.fence + 1 THEN
      RAISE EXCEPTION 'a new lease of chatgpt account % needs fence %', OLD.id, OLD.fence + 1 USING ERRCODE = 'restrict_violation';
    END IF;
  ELSIF NEW.fence <> OLD.fence THEN
    RAISE EXCEPTION 'the fence of chatgpt account % moves with its lease', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  IF NEW.host IS DISTINCT FROM OLD.host AND OLD.host IS NOT NULL AND OLD.container_state <> 'none' THEN
    RAISE EXCEPTION 'chatgpt account % has its home on %', OLD.id, OLD.host USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER chatgpt_accounts_guard BEFORE UPDATE OR DELETE ON chatgpt_accounts FOR EACH ROW EXECUTE FUNCTION guard_chatgpt_account();
--> statement-breakpoint
-- A new row has no lease and no fence: whoever drives it must take them by an update, through the guard.
ALTER TABLE chatgpt_accounts ADD CONSTRAINT chatgpt_accounts_fence_counted CHECK (fence >= 0);
--> statement-breakpoint
CREATE FUNCTION guard_new_chatgpt_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.fence <> 0 OR NEW.lease_runner_id IS NOT NULL OR NEW.container_state <> 'none' THEN
    RAISE EXCEPTION 'a new chatgpt account has no container yet' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER chatgpt_accounts_guard_new BEFORE INSERT ON chatgpt_accounts FOR EACH ROW EXECUTE FUNCTION guard_new_chatgpt_account();
--> statement-breakpoint
-- A lane never changes the account that it stands on.
CREATE FUNCTION guard_lane_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.kind, NEW.chatgpt_account_id, NEW.user_id) IS DISTINCT FROM (OLD.kind, OLD.chatgpt_account_id, OLD.user_id) THEN
    RAISE EXCEPTION 'lane % keeps its owner and its account', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER lanes_guard_account BEFORE UPDATE ON lanes FOR EACH ROW EXECUTE FUNCTION guard_lane_account();
