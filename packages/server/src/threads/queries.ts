import sql, { raw, type Sql } from "sql-template-tag";
import type { Queryable, Statement } from "../database/database.ts";
import { keyset } from "../http/index.ts";
import { asReader, type ThreadView } from "./view.ts";

const MEMBER_COLUMNS = [
  "state",
  "schema_id",
  "question_id",
  "related_message",
  "run_id",
  "variables",
  "on_finish",
  "initial_question",
  "automated_sender",
  "frequency_unit",
  "frequency_value",
  "repeat_until",
  "next_restart",
  "permissions",
  "notifications",
  "language",
]
  .map((column) => `m.${column}`)
  .join(", ");

/** Whether message `x` counts as unread for member `m`, had it not been deleted. */
const COUNTS = `x.sender_id is distinct from m.user_id and x.seq <= coalesce(m.muted_from, x.seq) and not x.seq <@ m.seen`;

/** How many messages count for member `m` of thread `t`. */
function counted(condition: string): string {
  return `(select count(*) from message x where x.thread_id = t.id and ${condition} and ${COUNTS})`;
}

/**
 * The exact count of unread messages: the stored one, less what was deleted since, plus what came since. Where
 * types are hidden from the viewer, everything after the first gap is counted.
 */
function unreadCount(hidden: string): string {
  const firstGap = "coalesce((select upper(r) - 1 from unnest(m.seen) r where lower(r) <= 1 limit 1), 0)";
  return `case when cardinality(${hidden}) = 0
    then m.unread
      - ${counted("x.deletion > m.unread_epoch and x.seq <= m.unread_seq")}
      + ${counted("x.seq > m.unread_seq and x.deleted is null")}
    else ${counted(`x.seq > ${firstGap} and x.deleted is null and not x.type = any(${hidden})`)} end`;
}

function viewColumns(hidden: string): string {
  return `t.id, t.type, t.title, t.created, t.updated, t.seq, t.revision, t.members_revision,
    m.user_id, m.user_id is not null as is_member, ${MEMBER_COLUMNS},
    coalesce(${unreadCount(hidden)}, 0)::int8 as unread,
    t.seq - m.unread_seq + t.deletions - m.unread_epoch as unread_lag`;
}

const FIND: Statement = {
  name: "thread_view",
  text: `select ${viewColumns("$3::text[]")} from thread t
    left join member m on m.thread_id = t.id and m.user_id = $2
    where t.id = $1`,
};

/** A thread as a user sees it, as a reader where they are no member; null where there is none. */
export async function findThread(
  db: Queryable,
  threadId: number,
  userId: number,
  hidden: readonly string[],
): Promise<ThreadView | null> {
  const [view] = await db.query<ThreadView>(FIND, [threadId, userId, hidden]);
  if (view === undefined) return null;
  const unread_lag = await settleUnread(db, view);
  return asReader({ ...view, user_id: userId, unread_lag });
}

/** A page by offset, or of ids below `before` (descending) or above `after` (ascending). */
export interface ThreadPage {
  where: readonly Sql[];
  order: Sql | null;
  limit: number;
  offset: number;
  before: number | null;
  after: number | null;
}

/** The user's threads of a type, most recently updated first unless ordered otherwise. */
export function listThreads(
  db: Queryable,
  userId: number,
  type: string,
  hidden: readonly string[],
  page: ThreadPage,
): Promise<ThreadView[]> {
  const { before, after } = page;
  const conditions = [...page.where, ...keyset("t.id", page)].map((condition) => sql` and ${condition}`);
  const keyed = after !== null ? raw("t.id") : before !== null ? raw("t.id desc") : null;
  return db.query<ThreadView>(sql`
    select ${raw(viewColumns("hidden.types"))}
    from member m join thread t on t.id = m.thread_id, (select ${[...hidden]}::text[] as types) hidden
    where m.user_id = ${userId} and t.type = ${type}${join(conditions)}
    order by ${page.order ?? keyed ?? raw("t.updated desc, t.id desc")}
    limit ${page.limit} offset ${page.offset}`);
}

function join(parts: Sql[]): Sql {
  return parts.reduce((all, part) => sql`${all}${part}`, sql``);
}

const VIEWS: Statement = {
  name: "thread_views",
  text: `select ${viewColumns("v.hidden")} from thread t
    cross join (select x.user_id, array(select jsonb_array_elements_text(x.hidden)) as hidden
      from jsonb_to_recordset($2::jsonb) as x(user_id bigint, hidden jsonb)) v
    join member m on m.thread_id = t.id and m.user_id = v.user_id
    where t.id = $1`,
};

/** One thread as several of its members see it; who is no member is left out. */
export function findViews(
  db: Queryable,
  threadId: number,
  viewers: readonly { user_id: number; hidden: readonly string[] }[],
): Promise<ThreadView[]> {
  return db.query<ThreadView>(VIEWS, [threadId, JSON.stringify(viewers)]);
}

const MEMBERS: Statement = {
  name: "thread_members",
  text: `select t.id as thread_id,
      array(select user_id from member m where m.thread_id = t.id order by m.id limit $2) as ids
    from unnest($1::bigint[]) as t(id)`,
};

/** The first members of threads, in the order of joining. */
export function memberIds(
  db: Queryable,
  threadIds: readonly number[],
  limit: number,
): Promise<{ thread_id: number; ids: number[] }[]> {
  return db.query(MEMBERS, [threadIds, limit]);
}

const COUNT_UNREAD: Statement = {
  name: "unread_checkpoint",
  text: `update member set unread = counted.unread, unread_seq = counted.seq, unread_epoch = counted.deletions
    from (select m.thread_id, m.user_id, t.seq, t.deletions, ${unreadCount("'{}'::text[]")} as unread
      from member m join thread t on t.id = m.thread_id where m.thread_id = $1 and m.user_id = $2) counted
    where member.thread_id = counted.thread_id and member.user_id = counted.user_id
      and member.seen = (select seen from member m where m.thread_id = $1 and m.user_id = $2)
      and member.muted_from is not distinct from
        (select muted_from from member m where m.thread_id = $1 and m.user_id = $2)`,
};

/** A view whose stored count is this many messages behind has it stored anew. */
const UNREAD_LAG = 100;

/** Stores a member's unread count where it has fallen behind, so that the next one reads only what is newer. Answers the lag. */
export async function settleUnread(db: Queryable, view: ThreadView): Promise<number> {
  if (!view.is_member || view.unread_lag <= UNREAD_LAG) return view.unread_lag;
  await db.query(COUNT_UNREAD, [view.id, view.user_id]);
  return 0;
}
