CREATE TABLE "account_consents" (
	"id" text PRIMARY KEY NOT NULL,
	"account_id" text NOT NULL,
	"user_id" text NOT NULL,
	"text_version" text NOT NULL,
	"address" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "account_credits" (
	"account_id" text PRIMARY KEY NOT NULL,
	"has_credits" text NOT NULL,
	"balance" text,
	"observed_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "account_events" (
	"id" text PRIMARY KEY NOT NULL,
	"account_id" text NOT NULL,
	"kind" text NOT NULL,
	"detail" text,
	"fence" bigint,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "chatgpt_accounts" (
	"id" text PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"state" text DEFAULT 'new' NOT NULL,
	"state_reason" text,
	"identity_hash" text,
	"email" text,
	"plan_type" text,
	"turns_max" integer DEFAULT 1 NOT NULL,
	"signed_in_at" timestamp with time zone,
	"signed_out_at" timestamp with time zone,
	"host" text,
	"driver" text,
	"container" jsonb,
	"codex_version" text,
	"codex_version_canary" text,
	"binary_digest" text,
	"image_digest" text,
	"container_state" text DEFAULT 'none' NOT NULL,
	"container_reason" text,
	"container_started_at" timestamp with time zone,
	"home_bytes" bigint,
	"fence" bigint DEFAULT 0 NOT NULL,
	"lease_runner_id" text,
	"lease_expires_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"removed_at" timestamp with time zone,
	CONSTRAINT "chatgpt_accounts_owner" UNIQUE("id","user_id"),
	CONSTRAINT "chatgpt_accounts_state_known" CHECK ("chatgpt_accounts"."state" in ('new', 'signing_in', 'signed_in', 'signed_out', 'lost', 'removing', 'removed')),
	CONSTRAINT "chatgpt_accounts_container_known" CHECK ("chatgpt_accounts"."container_state" in ('none', 'starting', 'running', 'stopped', 'failed')),
	CONSTRAINT "chatgpt_accounts_turns_bounded" CHECK ("chatgpt_accounts"."turns_max" between 1 and 4),
	CONSTRAINT "chatgpt_accounts_lease_whole" CHECK (("chatgpt_accounts"."lease_runner_id" is null) = ("chatgpt_accounts"."lease_expires_at" is null)),
	CONSTRAINT "chatgpt_accounts_signed_in_known" CHECK ("chatgpt_accounts"."state" <> 'signed_in' or "chatgpt_accounts"."identity_hash" is not null),
	CONSTRAINT "chatgpt_accounts_removed_is_empty" CHECK (("chatgpt_accounts"."state" = 'removed') = ("chatgpt_accounts"."removed_at" is not null) and ("chatgpt_accounts"."state" <> 'removed' or ("chatgpt_accounts"."identity_hash" is null and "chatgpt_accounts"."email" is null)))
);
--> statement-breakpoint
CREATE TABLE "runners" (
	"id" text PRIMARY KEY NOT NULL,
	"host" text NOT NULL,
	"address" text NOT NULL,
	"driver" text NOT NULL,
	"isolation" jsonb NOT NULL,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"heartbeat_at" timestamp with time zone DEFAULT now() NOT NULL,
	"draining_at" timestamp with time zone,
	"ended_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "sign_ins" (
	"id" text PRIMARY KEY NOT NULL,
	"account_id" text NOT NULL,
	"user_id" text NOT NULL,
	"state" text DEFAULT 'starting' NOT NULL,
	"user_code" text,
	"verification_url" text,
	"expires_at" timestamp with time zone,
	"message" text,
	"address" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp with time zone,
	CONSTRAINT "sign_ins_state_known" CHECK ("sign_ins"."state" in ('starting', 'waiting', 'succeeded', 'cancelled', 'expired', 'refused', 'failed')
        and ("sign_ins"."state" in ('starting', 'waiting')) = ("sign_ins"."ended_at" is null)),
	CONSTRAINT "sign_ins_code_forgotten" CHECK ("sign_ins"."ended_at" is null or "sign_ins"."user_code" is null)
);
--> statement-breakpoint
CREATE TABLE "usage_windows" (
	"account_id" text NOT NULL,
	"limit_id" text NOT NULL,
	"window_minutes" integer NOT NULL,
	"limit_name" text,
	"used_percent" integer NOT NULL,
	"resets_at" timestamp with time zone,
	"observed_at" timestamp with time zone NOT NULL,
	CONSTRAINT "usage_windows_account_id_limit_id_window_minutes_pk" PRIMARY KEY("account_id","limit_id","window_minutes"),
	CONSTRAINT "usage_windows_sane" CHECK ("usage_windows"."used_percent" between 0 and 100 and "usage_windows"."window_minutes" > 0)
);
--> statement-breakpoint
CREATE TABLE "window_samples" (
	"account_id" text NOT NULL,
	"limit_id" text NOT NULL,
	"window_minutes" integer NOT NULL,
	"observed_at" timestamp with time zone NOT NULL,
	"used_percent" integer NOT NULL,
	"resets_at" timestamp with time zone,
	CONSTRAINT "window_samples_account_id_limit_id_window_minutes_observed_at_pk" PRIMARY KEY("account_id","limit_id","window_minutes","observed_at")
);
--> statement-breakpoint
CREATE TABLE "lane_spills" (
	"user_id" text NOT NULL,
	"lane_id" text NOT NULL,
	"day" date NOT NULL,
	"requests" integer DEFAULT 0 NOT NULL,
	"first_reason" text NOT NULL,
	"first_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "lane_spills_lane_id_day_pk" PRIMARY KEY("lane_id","day"),
	CONSTRAINT "lane_spills_counted" CHECK ("lane_spills"."requests" >= 0)
);
--> statement-breakpoint
CREATE UNLOGGED TABLE "thread_pins" (
	"key_id" text NOT NULL,
	"thread_id" text NOT NULL,
	"user_id" text NOT NULL,
	"lane_id" text NOT NULL,
	"turn_id" text,
	"foreign_items" integer DEFAULT 0 NOT NULL,
	"pinned_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_used_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "thread_pins_key_id_thread_id_pk" PRIMARY KEY("key_id","thread_id")
);
--> statement-breakpoint
ALTER TABLE "lanes" DROP CONSTRAINT "lanes_kind_known";--> statement-breakpoint
ALTER TABLE "lanes" DROP CONSTRAINT "lanes_state_known";--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "spill_busy" text DEFAULT 'none' NOT NULL;--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "spill_lost_to_wallet" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "spill_cannot_to_wallet" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "parameters_strict" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "lanes" ADD COLUMN "chatgpt_account_id" text;--> statement-breakpoint
ALTER TABLE "lanes" ADD COLUMN "closed_models" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "outbox" ADD COLUMN "tries" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "outbox" ADD COLUMN "next_try_at" timestamp with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
ALTER TABLE "outbox" ADD COLUMN "last_error" text;--> statement-breakpoint
ALTER TABLE "outbox" ADD COLUMN "given_up_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "attempts" ADD COLUMN "queued_ms" integer;--> statement-breakpoint
ALTER TABLE "requests" ADD COLUMN "queued_ms" integer;--> statement-breakpoint
ALTER TABLE "requests" ADD COLUMN "spill_reason" text;--> statement-breakpoint
ALTER TABLE "account_consents" ADD CONSTRAINT "account_consents_owner" FOREIGN KEY ("account_id","user_id") REFERENCES "public"."chatgpt_accounts"("id","user_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "account_credits" ADD CONSTRAINT "account_credits_account_id_chatgpt_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."chatgpt_accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "account_events" ADD CONSTRAINT "account_events_account_id_chatgpt_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."chatgpt_accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "chatgpt_accounts" ADD CONSTRAINT "chatgpt_accounts_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "chatgpt_accounts" ADD CONSTRAINT "chatgpt_accounts_lease_runner_id_runners_id_fk" FOREIGN KEY ("lease_runner_id") REFERENCES "public"."runners"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sign_ins" ADD CONSTRAINT "sign_ins_owner" FOREIGN KEY ("account_id","user_id") REFERENCES "public"."chatgpt_accounts"("id","user_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "usage_windows" ADD CONSTRAINT "usage_windows_account_id_chatgpt_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."chatgpt_accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "window_samples" ADD CONSTRAINT "window_samples_account_id_chatgpt_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."chatgpt_accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "lane_spills" ADD CONSTRAINT "lane_spills_lane_owner" FOREIGN KEY ("lane_id","user_id") REFERENCES "public"."lanes"("id","user_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "thread_pins" ADD CONSTRAINT "thread_pins_lane_owner" FOREIGN KEY ("lane_id","user_id") REFERENCES "public"."lanes"("id","user_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "thread_pins" ADD CONSTRAINT "thread_pins_key_owner" FOREIGN KEY ("key_id","user_id") REFERENCES "public"."api_keys"("id","user_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "account_consents_account" ON "account_consents" USING btree ("account_id");--> statement-breakpoint
CREATE INDEX "account_events_account" ON "account_events" USING btree ("account_id","created_at" DESC NULLS LAST);--> statement-breakpoint
CREATE UNIQUE INDEX "chatgpt_accounts_identity_once" ON "chatgpt_accounts" USING btree ("identity_hash") WHERE "chatgpt_accounts"."identity_hash" is not null;--> statement-breakpoint
CREATE INDEX "chatgpt_accounts_user" ON "chatgpt_accounts" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "chatgpt_accounts_lease" ON "chatgpt_accounts" USING btree ("lease_runner_id");--> statement-breakpoint
CREATE UNIQUE INDEX "sign_ins_one_running" ON "sign_ins" USING btree ("account_id") WHERE "sign_ins"."ended_at" is null;--> statement-breakpoint
CREATE INDEX "sign_ins_user" ON "sign_ins" USING btree ("user_id","created_at");--> statement-breakpoint
CREATE INDEX "lane_spills_user" ON "lane_spills" USING btree ("user_id","day");--> statement-breakpoint
CREATE INDEX "thread_pins_last_used" ON "thread_pins" USING btree ("last_used_at");--> statement-breakpoint
ALTER TABLE "lanes" ADD CONSTRAINT "lanes_account_owner" FOREIGN KEY ("chatgpt_account_id","user_id") REFERENCES "public"."chatgpt_accounts"("id","user_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "lanes" ADD CONSTRAINT "lanes_one_per_account" UNIQUE("chatgpt_account_id");--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_spill_known" CHECK ("api_keys"."spill_busy" in ('none', 'own_key', 'any'));--> statement-breakpoint
ALTER TABLE "lanes" ADD CONSTRAINT "lanes_sign_in_is_codex" CHECK ("lanes"."state" not in ('signing_in', 'signed_out') or "lanes"."kind" = 'codex');--> statement-breakpoint
ALTER TABLE "lanes" ADD CONSTRAINT "lanes_account_fits_kind" CHECK (("lanes"."kind" = 'codex') = ("lanes"."chatgpt_account_id" is not null));--> statement-breakpoint
ALTER TABLE "lanes" ADD CONSTRAINT "lanes_kind_known" CHECK ("lanes"."kind" in ('codex', 'api_key', 'wallet'));--> statement-breakpoint
ALTER TABLE "lanes" ADD CONSTRAINT "lanes_state_known" CHECK ("lanes"."state" in ('ready', 'signing_in', 'signed_out', 'exhausted', 'cooling', 'paused'));