ALTER TABLE "chatgpt_accounts" ADD CONSTRAINT "chatgpt_accounts_removed_has_no_home" CHECK ("chatgpt_accounts"."state" <> 'removed' or ("chatgpt_accounts"."container_state" = 'none' and "chatgpt_accounts"."lease_runner_id" is null));
--> statement-breakpoint
-- As in 0003, and more:
--   identity  once known, it changes only together with the home: no container ever holds one person's sign-in under another's name
CREATE OR REPLACE FUNCTION guard_chatgpt_account() RETURNS trigger LANGUAGE plpgsql AS $$
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
  IF OLD.identity_hash IS NOT NULL AND NEW.identity_hash IS DISTINCT FROM OLD.identity_hash AND NEW.container_state <> 'none' THEN
    RAISE EXCEPTION 'chatgpt account % has the home of another identity', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
--> statement-breakpoint
-- A key reaches the lanes of its owner: with another owner it would reach another person's accounts.
CREATE FUNCTION guard_key_owner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'key % has one owner', OLD.id USING ERRCODE = 'restrict_violation';
END $$;
--> statement-breakpoint
CREATE TRIGGER api_keys_guard_owner BEFORE UPDATE ON api_keys FOR EACH ROW
  WHEN ((NEW.id, NEW.user_id) IS DISTINCT FROM (OLD.id, OLD.user_id)) EXECUTE FUNCTION guard_key_owner();
