ALTER TABLE "chatgpt_accounts" ADD COLUMN "turns_running" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "chatgpt_accounts" ADD COLUMN "turns_waiting" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX "requests_codex_lane" ON "requests" USING btree ("lane_id","started_at") WHERE "requests"."lane_kind" = 'codex';