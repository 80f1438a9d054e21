import type { Queryable, Statement } from "../database/database.ts";
import { type Position, SAFE } from "../events/log.ts";
import type { Bookmark } from "./bookmark.ts";
import { FOLLOWED } from "./queries.ts";

/** A thread that a user follows: how many events it has, and up to which they have been told. */
export interface Followed {
  thread_id: number;
  event_seq: number;
  since: number;
}

/** More events than this are not told again one by one. */
const MOST = 5_000;

// Who joined since is told of nothing before.
const SINCE: Statement = {
  name: "missed_since",
  text: `select f.thread_id, f.event_seq,
      least(f.event_seq, greatest(coalesce(v.seq, x.before, f.event_seq), coalesce(j.before, 0))) as since
    from (${FOLLOWED}) f
    left join jsonb_to_recordset($3::jsonb) as v(thread bigint, seq bigint) on v.thread = f.thread_id
    left join lateral (select min(e.seq) - 1 as before from event e
      where v.seq is null and e.thread_id = f.thread_id and e.seq is not null and e.xid >= $2::xid8) x on true
    left join lateral (select max(e.seq) - 1 as before from event e
      where e.thread_id = f.thread_id and e.seq > coalesce(v.seq, x.before) and e.type = 'member_joined'
        and (e.data ->> 'user')::bigint = $1) j on true`,
};

/** The threads that a user follows now, and how far a bookmark says that they know them. */
export function followedSince(
  db: Queryable,
  user: number,
  { base, threads }: Pick<Bookmark, "base" | "threads">,
): Promise<Followed[]> {
  const ahead = [...threads].map(([thread, seq]) => ({ thread, seq }));
  return db.query<Followed>(SINCE, [user, base, JSON.stringify(ahead)]);
}

const NOW: Statement = {
  name: "log_now",
  text: `select substr(md5(concat_ws('.', (select system_identifier from pg_control_system()),
      (select timeline_id from pg_control_checkpoint()),
      (select oid from pg_database where datname = current_database()))), 1, 10) as epoch,
    ${SAFE}::text as base,
    $1::xid8 > (select xid from event_horizon) and $1::xid8 <= pg_snapshot_xmax(pg_current_snapshot()) as kept`,
};

/** The log as it is now. */
export interface LogNow {
  /** Of the database: another once it was restored somewhere, or to an earlier time. */
  epoch: string;
  /** All before this transaction is known to who begins now. */
  base: string;
  /** Whether everything from the transaction that was asked for is still there. */
  kept: boolean;
}

/** @param base the id of a transaction; null to ask for none */
export async function findLogNow(db: Queryable, base: string | null): Promise<LogNow> {
  const [row] = await db.query<LogNow>(NOW, [base ?? "0"]);
  return row!;
}

const NAME: Statement = {
  name: "database_name",
  text: `select substr(md5(concat_ws('.', (select system_identifier from pg_control_system()),
    (select oid from pg_database where datname = current_database()))), 1, 16) as name`,
};

/** What tells this database from all others, also after its place was taken by a replica. */
export async function findDatabaseName(db: Queryable): Promise<string> {
  const [row] = await db.query<{ name: string }>(NAME, []);
  return row!.name;
}

/** Whether this is too much to be told again: fetching anew is less. */
export function isTooMuch(followed: readonly Followed[]): boolean {
  return followed.reduce((sum, { event_seq, since }) => sum + event_seq - since, 0) > MOST;
}

const SURVEYS: Statement = {
  name: "missed_surveys",
  text: `select (data ->> 'survey')::bigint as survey, max(xid::text) as xid, max(id) as id
    from event where thread_id is null and user_id = $1 and xid >= $2::xid8 and type = 'survey_updated' group by 1
    order by max(id)`,
};

/** Surveys of a user that changed from a transaction on, in the order of their last changes. */
export function surveysSince(
  db: Queryable,
  user: number,
  { base }: Pick<Bookmark, "base">,
): Promise<(Position & { survey: number })[]> {
  return db.query<Position & { survey: number }>(SURVEYS, [user, base]);
}

const LEFT: Statement = {
  name: "missed_leaving",
  text: `select * from (
      select distinct e.thread_id as thread, exists (
        select from member m where m.thread_id = e.thread_id and m.user_id = $1) as is_back
      from event e where e.type = 'member_left' and (e.data ->> 'user')::bigint = $1 and e.xid >= $2::xid8) x
    where is_back = $3 order by thread`,
};

/** Threads that a user left, or was taken out of, from a transaction on, and where they are back by now, or are not. */
export async function leftSince(
  db: Queryable,
  user: number,
  { base }: Pick<Bookmark, "base">,
  { isBack }: { isBack: boolean },
): Promise<number[]> {
  const rows = await db.query<{ thread: number }>(LEFT, [user, base, isBack]);
  return rows.map(({ thread }) => thread);
}
