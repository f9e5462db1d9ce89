-- The audit log stays append-only, with one way out: when a person is deleted, what is personal in an entry is taken out of it. Who did
-- what to which row, and when, never changes, and nothing can be put in.
CREATE FUNCTION guard_audit_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE'
    AND (NEW.id, NEW.actor, NEW.action, NEW.subject, NEW.created_at) IS NOT DISTINCT FROM (OLD.id, OLD.actor, OLD.action, OLD.subject, OLD.created_at)
    AND (NEW.address IS NULL OR NEW.address IS NOT DISTINCT FROM OLD.address)
    AND (NEW.note IS NULL OR NEW.note IS NOT DISTINCT FROM OLD.note)
    AND (NEW.before IS NULL OR coalesce(OLD.before @> NEW.before, false))
    AND (NEW.after IS NULL OR coalesce(OLD.after @> NEW.after, false)) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'audit_log is append-only: % refused', TG_OP USING ERRCODE = 'restrict_violation';
END $$;
--> statement-breakpoint
DROP TRIGGER audit_log_append_only ON audit_log;
--> statement-breakpoint
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE ON audit_log FOR EACH ROW EXECUTE FUNCTION guard_audit_log();
--> statement-breakpoint
-- What was settled in the end needs its copy no more.
UPDATE parked_settlements SET payload = '' WHERE resolved_at IS NOT NULL;
