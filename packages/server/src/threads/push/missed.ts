import type { Queryable, Statement } from "../../database/database.ts";
import { SAFE } from "../../log/log.ts";
import type { Bookmark } from "../../realtime/bookmark.ts";
import { FOLLOWED } from "./queries.ts";

/** A thread that a user follows: how many events it has, and up to which they have been told. */
export interface Followed {
  thread_id: number;
  event_seq: number;
  since: number;
}

/** More events than this are not told again one by one. */
export const MOST_MISSED = 5_000;

// Who joined since is told of nothing before.
const SINCE: Statement = {
  name: "missed_since",
  text: `select f.thread_id, f.event_seq,
      least(f.event_seq, greatest(coalesce(v.seq, x.before, f.event_seq), coalesce(j.before, 0))) as since
    from (${FOLLOWED}) f
    left join jsonb_to_recordset($3::jsonb) as v(thread bigint, seq bigint) on v.thread = f.thread_id
    left join lateral (select min(e.seq) - 1 as before from event e
      where v.seq is null and e.thread_id = f.thread_id and e.seq is not null
        and e.xid >= case when f.thread_id > $5 then $4 else $2 end::xid8) x on true
    left join lateral (select max(e.seq) - 1 as before from event e
      where e.thread_id = f.thread_id and e.seq > coalesce(v.seq, x.before) and e.type = 'member_joined'
        and (e.data ->> 'user')::bigint = $1) j on true
    order by f.thread_id`,
};

/** The threads that a user follows now, by their ids, and how far a bookmark says that they know them. */
export function followedSince(
  db: Queryable,
  user: number,
  { base, threads, rest }: Omit<Bookmark, "epoch">,
): Promise<Followed[]> {
  const last = Number.MAX_SAFE_INTEGER;
  return db.query<Followed>(SINCE, [user, base, pairs(threads), rest?.base ?? base, rest?.thread ?? last]);
}

function pairs(threads: Bookmark["threads"]): string {
  return JSON.stringify([...threads].map(([thread, seq]) => ({ thread, seq })));
}

const JOINED: Statement = {
  name: "missed_joining",
  text: `select p.thread, max(e.seq) as seq from unnest($2::bigint[], $3::bigint[]) as p(thread, after)
    join event e on e.thread_id = p.thread and e.seq > p.after
    where e.type = 'member_joined' and (e.data ->> 'user')::bigint = $1 group by p.thread`,
};

/** In which of some threads a user has joined after a position there, by the thread: the event of the last time. */
export async function joinedSince(
  db: Queryable,
  user: number,
  threads: readonly { thread: number; after: number }[],
): Promise<Map<number, number>> {
  const columns = [threads.map(({ thread }) => thread), threads.map(({ after }) => after)];
  const rows = await db.query<{ thread: number; seq: number }>(JOINED, [user, ...columns]);
  return new Map(rows.map(({ thread, seq }) => [thread, seq]));
}

/**
 * The threads that a bookmark still has to name once its base is the one since which these are followed: those of
 * which somebody was told less than there is, or something that came after it.
 */
export function stillNamed(
  followed: readonly Followed[],
  toldOf: (thread: number) => number | undefined,
): Map<number, number> {
  const named = new Map<number, number>();
  for (const { thread_id, event_seq, since } of followed) {
    const told = toldOf(thread_id);
    if (told !== undefined && (told !== event_seq || since < event_seq)) named.set(thread_id, told);
  }
  return named;
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
  return followed.reduce((sum, { event_seq, since }) => sum + event_seq - since, 0) > MOST_MISSED;
}

const SURVEYS: Statement = {
  name: "missed_surveys",
  text: `select distinct s.id from event e, lateral (select (e.data ->> 'survey')::bigint as id) s
    where e.thread_id is null and e.user_id = $1 and e.type = 'survey_updated'
      and e.xid >= least($2::xid8, $3::xid8) and e.xid >= case when s.id > $4 then $3 else $2 end::xid8
    order by s.id`,
};

/** The surveys of a user of which a bookmark does not say that they know them as they are now, by their ids. */
export async function surveysSince(
  db: Queryable,
  user: number,
  { base, rest }: Pick<Bookmark, "base" | "rest">,
): Promise<number[]> {
  const last = Number.MAX_SAFE_INTEGER;
  const rows = await db.query<{ id: number }>(SURVEYS, [
    user,
    base,
    rest?.base ?? base,
    rest?.survey ?? last,
  ]);
  return rows.map(({ id }) => id);
}

// Whoever was told of what came after their leaving has been told of that, too.
const LEFT: Statement = {
  name: "missed_leaving",
  text: `select distinct e.thread_id as thread from event e
    where e.type = 'member_left' and (e.data ->> 'user')::bigint = $1 and e.xid >= $2::xid8
      and not exists (select from jsonb_to_recordset($3::jsonb) as v(thread bigint, seq bigint)
        where v.thread = e.thread_id and v.seq >= e.seq)
    order by thread`,
};

/** Threads that a user left, or was taken out of, since a bookmark; they may be back by now. */
export async function leftSince(
  db: Queryable,
  user: number,
  { base, threads }: Pick<Bookmark, "base" | "threads">,
): Promise<number[]> {
  const rows = await db.query<{ thread: number }>(LEFT, [user, base, pairs(threads)]);
  return rows.map(({ thread }) => thread);
}
