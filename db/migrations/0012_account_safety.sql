ALTER TABLE "outbox" ADD COLUMN "user_id" text;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "totp_started_at" timestamp with time zone;--> statement-breakpoint
-- Whose the mails are that are there already: by their link, else by the address, from when on it was that user's.
UPDATE outbox o SET user_id = l.user_id FROM mail_links l WHERE l.id = o.payload -> 'link' ->> 'linkId';
--> statement-breakpoint
UPDATE outbox o SET user_id = u.id FROM users u
	WHERE o.user_id IS NULL AND o.kind <> 'no_such_account' AND lower(u.email) = lower(o.recipient)
		AND o.created_at >= coalesce(u.email_verified_at, u.created_at);
