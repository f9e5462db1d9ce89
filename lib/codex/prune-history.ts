import type { Sql } from "postgres";
import { NAMELESS_ALARM } from "@/lib/mail/nameless-alarm";

export const SAMPLES_KEPT_DAYS = 90;
export const EVENTS_KEPT_DAYS = 180;
export const SIGN_INS_KEPT_DAYS = 90;
/** A thread that nobody has continued for so long starts at the top of the lanes again. */
const PINS_HOURS = 24;
const SPILLS_DAYS = 400;
export const MAILS_KEPT_DAYS = 90;
const RUNNERS_DAYS = 30;
/** The status page shows 90. */
const STATUS_DAYS = 400;

/** What is only of use while it is recent. Returns how many rows went, by table. */
export async function pruneHistory(sql: Sql): Promise<Record<string, number>> {
  const samples = await sql`delete from window_samples where observed_at < now() - make_interval(days => ${SAMPLES_KEPT_DAYS})`;
  const events = await sql`delete from account_events where created_at < now() - make_interval(days => ${EVENTS_KEPT_DAYS})`;
  const signIns = await sql`delete from sign_ins where ended_at < now() - make_interval(days => ${SIGN_INS_KEPT_DAYS})`;
  const pins = await sql`delete from thread_pins where last_used_at < now() - make_interval(hours => ${PINS_HOURS})`;
  const spills = await sql`delete from lane_spills where day < (now() - make_interval(days => ${SPILLS_DAYS}))::date`;
  const mails = await sql`
    delete from outbox where coalesce(sent_at, given_up_at) < now() - make_interval(days => ${MAILS_KEPT_DAYS})`;
  // Also of mails that went with their user while they were being sent.
  await sql`
    update alarms a set detail = ${NAMELESS_ALARM}
    where a.kind = 'mail_given_up' and a.detail <> ${NAMELESS_ALARM} and not exists (select from outbox o where o.id = a.subject)`;
  const runners = await sql`
    delete from runners r where r.ended_at < now() - make_interval(days => ${RUNNERS_DAYS})
      and not exists (select 1 from chatgpt_accounts a where a.lease_runner_id = r.id)`;
  const statusHours = await sql`delete from status_hours where hour < now() - make_interval(days => ${STATUS_DAYS})`;
  return {
    window_samples: samples.count,
    account_events: events.count,
    sign_ins: signIns.count,
    thread_pins: pins.count,
    lane_spills: spills.count,
    outbox: mails.count,
    runners: runners.count,
    status_hours: statusHours.count,
  };
}
