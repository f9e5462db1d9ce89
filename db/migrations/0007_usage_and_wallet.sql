CREATE TABLE "usage_quarters" (
	"user_id" text NOT NULL,
	"dimension" text NOT NULL,
	"quarter" timestamp with time zone NOT NULL,
	"value" text NOT NULL,
	"requests" integer NOT NULL,
	"failed" integer NOT NULL,
	"spent" bigint NOT NULL,
	"plan_requests" integer NOT NULL,
	"plan_worth" bigint NOT NULL,
	"plan_unpriced" integer NOT NULL,
	"fresh_input_tokens" bigint NOT NULL,
	"cached_input_tokens" bigint NOT NULL,
	"cache_write_tokens" bigint NOT NULL,
	"output_tokens" bigint NOT NULL,
	"reasoning_tokens" bigint NOT NULL,
	CONSTRAINT "usage_quarters_user_id_dimension_quarter_value_pk" PRIMARY KEY("user_id","dimension","quarter","value")
);
--> statement-breakpoint
CREATE TABLE "usage_rolled" (
	"id" integer PRIMARY KEY DEFAULT 1 NOT NULL,
	"until" timestamp with time zone NOT NULL,
	CONSTRAINT "usage_rolled_single" CHECK ("usage_rolled"."id" = 1)
);
--> statement-breakpoint
CREATE TABLE "usage_stale" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "usage_stale_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"user_id" text NOT NULL,
	"quarter" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE INDEX "usage_stale_user" ON "usage_stale" USING btree ("user_id","quarter");