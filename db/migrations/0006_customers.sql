CREATE TABLE "key_helpers" (
	"id" text PRIMARY KEY NOT NULL,
	"key_id" text NOT NULL,
	"user_id" text NOT NULL,
	"name" text NOT NULL,
	"hash" "bytea" NOT NULL,
	"last_four" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_used_at" timestamp with time zone,
	"revoked_at" timestamp with time zone,
	CONSTRAINT "key_helpers_hash_unique" UNIQUE("hash")
);
--> statement-breakpoint
CREATE TABLE "status_hours" (
	"component" text NOT NULL,
	"hour" timestamp with time zone NOT NULL,
	"probes" integer NOT NULL,
	"failures" integer NOT NULL,
	"latency_ms_sum" bigint NOT NULL,
	CONSTRAINT "status_hours_component_hour_pk" PRIMARY KEY("component","hour"),
	CONSTRAINT "status_hours_counted" CHECK ("status_hours"."failures" between 0 and "status_hours"."probes" and "status_hours"."latency_ms_sum" >= 0)
);
--> statement-breakpoint
CREATE TABLE "status_incidents" (
	"id" text PRIMARY KEY NOT NULL,
	"component" text NOT NULL,
	"summary" text NOT NULL,
	"started_at" timestamp with time zone NOT NULL,
	"resolved_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "balance_alerts" (
	"user_id" text NOT NULL,
	"threshold" bigint NOT NULL,
	"fired_at" timestamp with time zone,
	CONSTRAINT "balance_alerts_user_id_threshold_pk" PRIMARY KEY("user_id","threshold"),
	CONSTRAINT "balance_alerts_threshold_positive" CHECK ("balance_alerts"."threshold" > 0)
);
--> statement-breakpoint
CREATE TABLE "mail_links" (
	"id" text PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"kind" text NOT NULL,
	"hash" "bytea" NOT NULL,
	"email" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"used_at" timestamp with time zone,
	CONSTRAINT "mail_links_hash_unique" UNIQUE("hash"),
	CONSTRAINT "mail_links_kind_known" CHECK ("mail_links"."kind" in ('verify_email', 'reset_password', 'change_email'))
);
--> statement-breakpoint
CREATE TABLE "mail_opt_outs" (
	"user_id" text NOT NULL,
	"kind" text NOT NULL,
	CONSTRAINT "mail_opt_outs_user_id_kind_pk" PRIMARY KEY("user_id","kind")
);
--> statement-breakpoint
CREATE TABLE "recovery_codes" (
	"user_id" text NOT NULL,
	"hash" "bytea" NOT NULL,
	"used_at" timestamp with time zone,
	CONSTRAINT "recovery_codes_user_id_hash_pk" PRIMARY KEY("user_id","hash")
);
--> statement-breakpoint
ALTER TABLE "users" DROP CONSTRAINT "users_status_known";--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "account_read" boolean DEFAULT true NOT NULL;--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "replaced_by" text;--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "first_key_id" text;--> statement-breakpoint
ALTER TABLE "requests" ADD COLUMN "project_id" text;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "email_verified_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "time_zone" text;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "totp_secret" "bytea";--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "totp_confirmed_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "totp_last_step" bigint;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "sign_up_note" text;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "terms_version" text;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "terms_accepted_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "reviewed_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "deleted_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "traces_erased_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "key_helpers" ADD CONSTRAINT "key_helpers_key_owner" FOREIGN KEY ("key_id","user_id") REFERENCES "public"."api_keys"("id","user_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "balance_alerts" ADD CONSTRAINT "balance_alerts_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "mail_links" ADD CONSTRAINT "mail_links_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "mail_opt_outs" ADD CONSTRAINT "mail_opt_outs_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "recovery_codes" ADD CONSTRAINT "recovery_codes_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "admissions_user" ON "admissions" USING btree ("user_id","admitted_at");--> statement-breakpoint
CREATE INDEX "api_keys_first_key" ON "api_keys" USING btree (coalesce("first_key_id", "id"));--> statement-breakpoint
CREATE INDEX "key_helpers_user" ON "key_helpers" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "status_incidents_started" ON "status_incidents" USING btree ("started_at" DESC NULLS LAST);--> statement-breakpoint
CREATE UNIQUE INDEX "status_incidents_open_once" ON "status_incidents" USING btree ("component") WHERE "status_incidents"."resolved_at" is null;--> statement-breakpoint
CREATE INDEX "mail_links_user" ON "mail_links" USING btree ("user_id","kind");--> statement-breakpoint
ALTER TABLE "users" ADD CONSTRAINT "users_totp_whole" CHECK ("users"."totp_confirmed_at" is null or "users"."totp_secret" is not null);--> statement-breakpoint
ALTER TABLE "users" ADD CONSTRAINT "users_deleted_bare" CHECK ("users"."status" <> 'deleted' or ("users"."email" is null and "users"."password_hash" is null and "users"."totp_secret" is null
        and "users"."sign_up_note" is null and "users"."time_zone" is null and "users"."deleted_at" is not null));--> statement-breakpoint
ALTER TABLE "users" ADD CONSTRAINT "users_status_known" CHECK ("users"."status" in ('unverified', 'pending', 'active', 'suspended', 'rejected', 'deleted'));