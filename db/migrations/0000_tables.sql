CREATE UNLOGGED TABLE "admissions" (
	"request_id" text PRIMARY KEY NOT NULL,
	"key_id" text NOT NULL,
	"user_id" text NOT NULL,
	"process_id" text NOT NULL,
	"admitted_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "api_key_lanes" (
	"key_id" text NOT NULL,
	"lane_id" text NOT NULL,
	"user_id" text NOT NULL,
	CONSTRAINT "api_key_lanes_key_id_lane_id_pk" PRIMARY KEY("key_id","lane_id")
);
--> statement-breakpoint
CREATE TABLE "api_key_usage" (
	"key_id" text PRIMARY KEY NOT NULL,
	"last_used_at" timestamp with time zone,
	"minute_start" timestamp with time zone,
	"minute_count" integer DEFAULT 0 NOT NULL,
	"reserved" bigint DEFAULT 0 NOT NULL,
	"day_start" timestamp with time zone,
	"day_spent" bigint DEFAULT 0 NOT NULL,
	"week_start" timestamp with time zone,
	"week_spent" bigint DEFAULT 0 NOT NULL,
	"month_start" timestamp with time zone,
	"month_spent" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "api_key_usage_reserved_positive" CHECK ("api_key_usage"."reserved" >= 0)
);
--> statement-breakpoint
CREATE TABLE "api_keys" (
	"id" text PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"name" text NOT NULL,
	"hash" "bytea" NOT NULL,
	"prefix" text NOT NULL,
	"last_four" text NOT NULL,
	"sealed_secret" "bytea" NOT NULL,
	"models" text[],
	"default_model" text,
	"ip_allow" text[],
	"concurrency_max" integer,
	"requests_per_minute_max" integer,
	"output_tokens_max" integer DEFAULT 32000 NOT NULL,
	"budget_day" bigint,
	"budget_week" bigint,
	"budget_month" bigint,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone,
	"revoked_at" timestamp with time zone,
	CONSTRAINT "api_keys_hash_unique" UNIQUE("hash"),
	CONSTRAINT "api_keys_owner" UNIQUE("id","user_id"),
	CONSTRAINT "api_keys_limits_positive" CHECK (coalesce("api_keys"."concurrency_max", 1) > 0 and coalesce("api_keys"."requests_per_minute_max", 1) > 0 and "api_keys"."output_tokens_max" > 0
        and coalesce("api_keys"."budget_day", 0) >= 0 and coalesce("api_keys"."budget_week", 0) >= 0 and coalesce("api_keys"."budget_month", 0) >= 0)
);
--> statement-breakpoint
CREATE TABLE "stored_responses" (
	"upstream_id" text NOT NULL,
	"lane_id" text NOT NULL,
	"user_id" text NOT NULL,
	"key_id" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "stored_responses_user_id_upstream_id_pk" PRIMARY KEY("user_id","upstream_id")
);
--> statement-breakpoint
CREATE TABLE "lanes" (
	"id" text PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"kind" text NOT NULL,
	"position" integer NOT NULL,
	"label" text NOT NULL,
	"state" text DEFAULT 'ready' NOT NULL,
	"state_reason" text,
	"state_until" timestamp with time zone,
	"base_url" text,
	"sealed_key" "bytea",
	"seal_key_id" text,
	"key_last_four" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "lanes_owner" UNIQUE("id","user_id"),
	CONSTRAINT "lanes_kind_known" CHECK ("lanes"."kind" in ('api_key', 'wallet')),
	CONSTRAINT "lanes_state_known" CHECK ("lanes"."state" in ('ready', 'exhausted', 'cooling', 'paused')),
	CONSTRAINT "lanes_until_known" CHECK ("lanes"."state" not in ('exhausted', 'cooling') or "lanes"."state_until" is not null),
	CONSTRAINT "lanes_credential_fits_kind" CHECK (("lanes"."kind" = 'api_key') = ("lanes"."base_url" is not null and "lanes"."sealed_key" is not null and "lanes"."seal_key_id" is not null))
);
--> statement-breakpoint
CREATE TABLE "holds" (
	"id" text PRIMARY KEY NOT NULL,
	"request_id" text NOT NULL,
	"attempt_no" integer NOT NULL,
	"user_id" text NOT NULL,
	"key_id" text NOT NULL,
	"lane_id" text NOT NULL,
	"provider_id" text NOT NULL,
	"price_id" text NOT NULL,
	"amount" bigint NOT NULL,
	"input_amount" bigint NOT NULL,
	"state" text DEFAULT 'placed' NOT NULL,
	"cost" bigint,
	"estimated" boolean DEFAULT false NOT NULL,
	"process_id" text NOT NULL,
	"progress" text,
	"progress_output_tokens" integer DEFAULT 0 NOT NULL,
	"context" jsonb NOT NULL,
	"placed_at" timestamp with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp with time zone,
	CONSTRAINT "holds_request_attempt" UNIQUE("request_id","attempt_no"),
	CONSTRAINT "holds_amount_positive" CHECK ("holds"."amount" > 0 and "holds"."input_amount" >= 0 and "holds"."input_amount" <= "holds"."amount"),
	CONSTRAINT "holds_state_known" CHECK ("holds"."state" in ('placed', 'settled', 'voided', 'expired')),
	CONSTRAINT "holds_cost_bounded" CHECK (("holds"."state" = 'placed') = ("holds"."cost" is null) and coalesce("holds"."cost", 0) between 0 and "holds"."amount")
);
--> statement-breakpoint
CREATE TABLE "ledger_accounts" (
	"id" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"user_id" text,
	CONSTRAINT "ledger_accounts_owner_fits_kind" CHECK (("ledger_accounts"."kind" in ('available', 'held', 'debt')) = ("ledger_accounts"."user_id" is not null))
);
--> statement-breakpoint
CREATE TABLE "ledger_entries" (
	"transfer_id" text NOT NULL,
	"account_id" text NOT NULL,
	"amount" bigint NOT NULL,
	"seq" bigint GENERATED ALWAYS AS IDENTITY (sequence name "ledger_entries_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	CONSTRAINT "ledger_entries_transfer_id_account_id_pk" PRIMARY KEY("transfer_id","account_id"),
	CONSTRAINT "ledger_entries_not_zero" CHECK ("ledger_entries"."amount" <> 0)
);
--> statement-breakpoint
CREATE TABLE "parked_settlements" (
	"request_id" text PRIMARY KEY NOT NULL,
	"payload" "bytea" NOT NULL,
	"error" text NOT NULL,
	"attempts" integer DEFAULT 1 NOT NULL,
	"parked_at" timestamp with time zone DEFAULT now() NOT NULL,
	"resolved_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "transfers" (
	"id" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"user_id" text,
	"hold_id" text,
	"request_id" text,
	"note" text,
	"actor" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "transfers_kind_known" CHECK ("transfers"."kind" in ('hold', 'settle', 'void', 'expire', 'late_usage', 'adjustment')),
	CONSTRAINT "transfers_adjustment_has_note" CHECK ("transfers"."kind" <> 'adjustment' or length(trim("transfers"."note")) > 0)
);
--> statement-breakpoint
CREATE TABLE "wallets" (
	"user_id" text PRIMARY KEY NOT NULL,
	"available" bigint DEFAULT 0 NOT NULL,
	"held" bigint DEFAULT 0 NOT NULL,
	"soft_limit" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "wallets_available_bounded" CHECK ("wallets"."available" >= -"wallets"."soft_limit"),
	CONSTRAINT "wallets_held_not_negative" CHECK ("wallets"."held" >= 0),
	CONSTRAINT "wallets_soft_limit_not_negative" CHECK ("wallets"."soft_limit" >= 0)
);
--> statement-breakpoint
CREATE TABLE "alarms" (
	"id" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"subject" text NOT NULL,
	"detail" text NOT NULL,
	"count" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_seen_at" timestamp with time zone DEFAULT now() NOT NULL,
	"resolved_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "audit_log" (
	"id" text PRIMARY KEY NOT NULL,
	"actor" text NOT NULL,
	"action" text NOT NULL,
	"subject" text NOT NULL,
	"before" jsonb,
	"after" jsonb,
	"note" text,
	"address" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "database_stamp" (
	"id" integer PRIMARY KEY DEFAULT 1 NOT NULL,
	"mode" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "database_stamp_single" CHECK ("database_stamp"."id" = 1),
	CONSTRAINT "database_stamp_mode_known" CHECK ("database_stamp"."mode" in ('live', 'simulated'))
);
--> statement-breakpoint
CREATE TABLE "outbox" (
	"id" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"recipient" text NOT NULL,
	"payload" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"sent_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "processes" (
	"id" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"host" text NOT NULL,
	"pid" integer NOT NULL,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"heartbeat_at" timestamp with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "settings" (
	"name" text PRIMARY KEY NOT NULL,
	"value" jsonb NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "prices" (
	"id" text PRIMARY KEY NOT NULL,
	"model" text NOT NULL,
	"version" integer NOT NULL,
	"retired" boolean DEFAULT false NOT NULL,
	"input" bigint NOT NULL,
	"cached_input" bigint NOT NULL,
	"cache_write" bigint NOT NULL,
	"output" bigint NOT NULL,
	"web_search_call" bigint,
	"cost_input" bigint NOT NULL,
	"cost_cached_input" bigint NOT NULL,
	"cost_cache_write" bigint NOT NULL,
	"cost_output" bigint NOT NULL,
	"cost_web_search_call" bigint,
	"output_tokens_max" integer NOT NULL,
	"image_tokens_max" integer NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "prices_model_version" UNIQUE("model","version"),
	CONSTRAINT "prices_not_negative" CHECK (least("prices"."input", "prices"."cached_input", "prices"."cache_write", "prices"."output", "prices"."cost_input", "prices"."cost_cached_input", "prices"."cost_cache_write", "prices"."cost_output") >= 0
        and coalesce("prices"."web_search_call", 0) >= 0 and coalesce("prices"."cost_web_search_call", 0) >= 0),
	CONSTRAINT "prices_sell_needs_cost" CHECK (("prices"."web_search_call" is null) = ("prices"."cost_web_search_call" is null)),
	CONSTRAINT "prices_bounds_positive" CHECK ("prices"."output_tokens_max" > 0 and "prices"."image_tokens_max" > 0 and "prices"."version" > 0)
);
--> statement-breakpoint
CREATE TABLE "providers" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"base_url" text NOT NULL,
	"auth_style" text NOT NULL,
	"api_version" text,
	"sealed_key" "bytea" NOT NULL,
	"seal_key_id" text NOT NULL,
	"simulated" boolean DEFAULT false NOT NULL,
	"selected" boolean DEFAULT false NOT NULL,
	"probe_state" text DEFAULT 'unprobed' NOT NULL,
	"probe_detail" text,
	"probed_at" timestamp with time zone,
	"usage_missing_count" integer DEFAULT 0 NOT NULL,
	"tripped_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"removed_at" timestamp with time zone,
	CONSTRAINT "providers_selected_is_probed" CHECK (not "providers"."selected" or ("providers"."probe_state" = 'passed' and "providers"."removed_at" is null)),
	CONSTRAINT "providers_auth_style_known" CHECK ("providers"."auth_style" in ('bearer', 'api_key')),
	CONSTRAINT "providers_probe_state_known" CHECK ("providers"."probe_state" in ('unprobed', 'passed', 'failed'))
);
--> statement-breakpoint
CREATE TABLE "attempts" (
	"request_id" text NOT NULL,
	"attempt_no" integer NOT NULL,
	"started_at" timestamp with time zone NOT NULL,
	"lane_id" text NOT NULL,
	"lane_kind" text NOT NULL,
	"provider_id" text,
	"outcome" text NOT NULL,
	"reason" text,
	"upstream_status" integer,
	"upstream_request_id" text,
	"offset_ms" integer NOT NULL,
	"duration_ms" integer NOT NULL,
	"first_byte_ms" integer,
	"fresh_input_tokens" integer NOT NULL,
	"cached_input_tokens" integer NOT NULL,
	"cache_write_tokens" integer NOT NULL,
	"output_tokens" integer NOT NULL,
	"reasoning_tokens" integer NOT NULL,
	"cost" bigint NOT NULL,
	"provider_cost" bigint NOT NULL,
	CONSTRAINT "attempts_request_id_attempt_no_started_at_pk" PRIMARY KEY("request_id","attempt_no","started_at")
) PARTITION BY RANGE ("started_at");
--> statement-breakpoint
CREATE TABLE "requests" (
	"id" text NOT NULL,
	"started_at" timestamp with time zone NOT NULL,
	"ended_at" timestamp with time zone NOT NULL,
	"user_id" text NOT NULL,
	"key_id" text NOT NULL,
	"lane_id" text,
	"lane_kind" text,
	"provider_id" text,
	"method" text NOT NULL,
	"path" text NOT NULL,
	"model" text,
	"served_model" text,
	"stream" boolean NOT NULL,
	"outcome" text NOT NULL,
	"status" integer NOT NULL,
	"error_code" text,
	"error_text" text,
	"client" text NOT NULL,
	"client_address" text,
	"request_kind" text,
	"thread_source" text,
	"thread_id" text,
	"turn_id" text,
	"subagent" text,
	"fresh_input_tokens" integer NOT NULL,
	"cached_input_tokens" integer NOT NULL,
	"cache_write_tokens" integer NOT NULL,
	"output_tokens" integer NOT NULL,
	"reasoning_tokens" integer NOT NULL,
	"web_search_calls" integer NOT NULL,
	"usage_estimated" boolean NOT NULL,
	"usage_flags" text[] NOT NULL,
	"usage_raw" jsonb,
	"hold_id" text,
	"hold_amount" bigint,
	"price_id" text,
	"cost" bigint NOT NULL,
	"cost_on_wallet" bigint,
	"first_byte_ms" integer,
	"first_content_ms" integer,
	"duration_ms" integer NOT NULL,
	"request_bytes" integer NOT NULL,
	"reply_bytes" integer NOT NULL,
	"client_gone" boolean NOT NULL,
	"decisions" jsonb NOT NULL,
	"edits" jsonb NOT NULL,
	CONSTRAINT "requests_id_started_at_pk" PRIMARY KEY("id","started_at")
) PARTITION BY RANGE ("started_at");
--> statement-breakpoint
CREATE TABLE "sessions" (
	"id" text PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"session_version" integer NOT NULL,
	"must_change_password" boolean DEFAULT false NOT NULL,
	"one_time_hash" text,
	"address" text,
	"user_agent" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_seen_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"revoked_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "users" (
	"id" text PRIMARY KEY NOT NULL,
	"username" text NOT NULL,
	"email" text,
	"password_hash" text,
	"password_one_time" boolean DEFAULT false NOT NULL,
	"role" text NOT NULL,
	"status" text DEFAULT 'active' NOT NULL,
	"session_version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "users_role_known" CHECK ("users"."role" in ('customer', 'admin')),
	CONSTRAINT "users_status_known" CHECK ("users"."status" in ('active', 'suspended')),
	CONSTRAINT "users_username_form" CHECK ("users"."username" ~ '^[A-Za-z0-9][A-Za-z0-9._-]{1,62}$')
);
--> statement-breakpoint
ALTER TABLE "api_key_lanes" ADD CONSTRAINT "api_key_lanes_key_owner" FOREIGN KEY ("key_id","user_id") REFERENCES "public"."api_keys"("id","user_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_key_lanes" ADD CONSTRAINT "api_key_lanes_lane_owner" FOREIGN KEY ("lane_id","user_id") REFERENCES "public"."lanes"("id","user_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_key_usage" ADD CONSTRAINT "api_key_usage_key_id_api_keys_id_fk" FOREIGN KEY ("key_id") REFERENCES "public"."api_keys"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "stored_responses" ADD CONSTRAINT "stored_responses_lane_owner" FOREIGN KEY ("lane_id","user_id") REFERENCES "public"."lanes"("id","user_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "stored_responses" ADD CONSTRAINT "stored_responses_key_owner" FOREIGN KEY ("key_id","user_id") REFERENCES "public"."api_keys"("id","user_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "lanes" ADD CONSTRAINT "lanes_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "holds" ADD CONSTRAINT "holds_provider_id_providers_id_fk" FOREIGN KEY ("provider_id") REFERENCES "public"."providers"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "holds" ADD CONSTRAINT "holds_price_id_prices_id_fk" FOREIGN KEY ("price_id") REFERENCES "public"."prices"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "holds" ADD CONSTRAINT "holds_key_owner" FOREIGN KEY ("key_id","user_id") REFERENCES "public"."api_keys"("id","user_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ledger_accounts" ADD CONSTRAINT "ledger_accounts_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "transfers" ADD CONSTRAINT "transfers_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "transfers" ADD CONSTRAINT "transfers_hold_id_holds_id_fk" FOREIGN KEY ("hold_id") REFERENCES "public"."holds"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "wallets" ADD CONSTRAINT "wallets_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "admissions_key" ON "admissions" USING btree ("key_id");--> statement-breakpoint
CREATE INDEX "api_keys_user" ON "api_keys" USING btree ("user_id");--> statement-breakpoint
CREATE UNIQUE INDEX "lanes_one_wallet" ON "lanes" USING btree ("user_id") WHERE "lanes"."kind" = 'wallet';--> statement-breakpoint
CREATE INDEX "holds_placed" ON "holds" USING btree ("process_id") WHERE "holds"."state" = 'placed';--> statement-breakpoint
CREATE UNIQUE INDEX "ledger_accounts_user_kind" ON "ledger_accounts" USING btree ("user_id","kind");--> statement-breakpoint
CREATE UNIQUE INDEX "transfers_one_end_per_hold" ON "transfers" USING btree ("hold_id") WHERE "transfers"."kind" in ('settle', 'void', 'expire');--> statement-breakpoint
CREATE UNIQUE INDEX "transfers_one_late_per_hold" ON "transfers" USING btree ("hold_id") WHERE "transfers"."kind" = 'late_usage';--> statement-breakpoint
CREATE INDEX "transfers_user" ON "transfers" USING btree ("user_id","created_at");--> statement-breakpoint
CREATE UNIQUE INDEX "alarms_open_once" ON "alarms" USING btree ("kind","subject") WHERE "alarms"."resolved_at" is null;--> statement-breakpoint
CREATE INDEX "audit_log_subject" ON "audit_log" USING btree ("subject","created_at");--> statement-breakpoint
CREATE INDEX "audit_log_created" ON "audit_log" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "outbox_unsent" ON "outbox" USING btree ("created_at") WHERE "outbox"."sent_at" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "providers_name_unique" ON "providers" USING btree (lower("name")) WHERE "providers"."removed_at" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "providers_one_selected" ON "providers" USING btree ("selected") WHERE "providers"."selected";--> statement-breakpoint
CREATE INDEX "requests_user" ON "requests" USING btree ("user_id","started_at" DESC NULLS LAST,"id");--> statement-breakpoint
CREATE INDEX "requests_key" ON "requests" USING btree ("key_id","started_at" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "sessions_user" ON "sessions" USING btree ("user_id");--> statement-breakpoint
CREATE UNIQUE INDEX "users_username_unique" ON "users" USING btree (lower("username"));--> statement-breakpoint
CREATE UNIQUE INDEX "users_email_unique" ON "users" USING btree (lower("email"));