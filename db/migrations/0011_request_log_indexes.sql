-- What takes long where the log is long: a minute or so for every million of requests. Everything before it is done and committed.
-- Dropped at the very end: until then the log can be read.
ALTER INDEX "requests_user" RENAME TO "requests_user_before";--> statement-breakpoint
ALTER INDEX "requests_key" RENAME TO "requests_key_before";--> statement-breakpoint
CREATE INDEX "ledger_entries_user_account" ON "ledger_entries" USING btree ("account_id","seq") WHERE "ledger_entries"."account_id" like '%:%';--> statement-breakpoint
CREATE INDEX "requests_time" ON "requests" USING brin ("started_at") WITH (pages_per_range=32,autosummarize=true);--> statement-breakpoint
CREATE INDEX "requests_user_model" ON "requests" USING btree ("user_id","model","started_at");--> statement-breakpoint
CREATE INDEX "requests_user_lane" ON "requests" USING btree ("user_id","lane_id","started_at");--> statement-breakpoint
CREATE INDEX "requests_user_lane_kind" ON "requests" USING btree ("user_id","lane_kind","started_at");--> statement-breakpoint
CREATE INDEX "requests_user_client" ON "requests" USING btree ("user_id","client","started_at");--> statement-breakpoint
CREATE INDEX "requests_user_stream" ON "requests" USING btree ("user_id","stream","started_at");--> statement-breakpoint
CREATE INDEX "requests_user_cost" ON "requests" USING btree ("user_id","cost");--> statement-breakpoint
CREATE INDEX "requests_user_duration" ON "requests" USING btree ("user_id","duration_ms");--> statement-breakpoint
CREATE INDEX "requests_user_project" ON "requests" USING btree ("user_id","project_id","started_at") WHERE "requests"."project_id" is not null;--> statement-breakpoint
CREATE INDEX "requests_user_thread" ON "requests" USING btree ("user_id","thread_id","started_at") WHERE "requests"."thread_id" is not null;--> statement-breakpoint
CREATE INDEX "requests_user_outcome" ON "requests" USING btree ("user_id","outcome","started_at") WHERE "requests"."outcome" <> 'completed';--> statement-breakpoint
CREATE INDEX "requests_user_status" ON "requests" USING btree ("user_id","status","started_at") WHERE "requests"."status" <> 200;--> statement-breakpoint
CREATE INDEX "requests_user_compaction" ON "requests" USING btree ("user_id","started_at") WHERE "requests"."request_kind" = 'compaction';--> statement-breakpoint
CREATE INDEX "requests_user_source" ON "requests" USING btree ("user_id","thread_source","started_at") WHERE "requests"."thread_source" in ('thread_title', 'guardian_review');--> statement-breakpoint
CREATE INDEX "requests_user_review" ON "requests" USING btree ("user_id","started_at") WHERE "requests"."subagent" = 'review';--> statement-breakpoint
CREATE INDEX "requests_user_spill" ON "requests" USING btree ("user_id","started_at") WHERE "requests"."spill_reason" is not null;--> statement-breakpoint
CREATE INDEX "requests_user" ON "requests" USING btree ("user_id","started_at","id");--> statement-breakpoint
CREATE INDEX "requests_key" ON "requests" USING btree ("key_id","started_at");--> statement-breakpoint
DROP INDEX "requests_user_before";--> statement-breakpoint
DROP INDEX "requests_key_before";
