-- By what a deletion finds what is the person's: without these it reads the audit log and the outbox whole.
CREATE INDEX "chatgpt_accounts_email" ON "chatgpt_accounts" USING btree (lower("email"));--> statement-breakpoint
CREATE INDEX "api_key_lanes_lane" ON "api_key_lanes" USING btree ("lane_id");--> statement-breakpoint
CREATE INDEX "alarms_subject" ON "alarms" USING btree ("subject");--> statement-breakpoint
CREATE INDEX "audit_log_actor" ON "audit_log" USING btree ("actor","created_at");--> statement-breakpoint
CREATE INDEX "audit_log_owner" ON "audit_log" USING btree (coalesce("after" ->> 'userId', "before" ->> 'userId')) WHERE coalesce("audit_log"."after" ->> 'userId', "audit_log"."before" ->> 'userId') is not null;--> statement-breakpoint
CREATE INDEX "outbox_user" ON "outbox" USING btree ("user_id","created_at");--> statement-breakpoint
CREATE INDEX "outbox_recipient" ON "outbox" USING btree (lower("recipient"));--> statement-breakpoint
CREATE INDEX "outbox_sign_up" ON "outbox" USING btree (("payload" ->> 'username')) WHERE "outbox"."kind" = 'sign_up_waits';--> statement-breakpoint
CREATE INDEX "thread_pins_lane" ON "thread_pins" USING btree ("lane_id");--> statement-breakpoint
CREATE INDEX "mail_links_email" ON "mail_links" USING btree (lower("email"));