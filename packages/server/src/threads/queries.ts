import sql, { raw, type Sql } from "sql-template-tag";
import type { Queryable, Statement } from "../database/database.ts";
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

/** Messages that count as unread for member `m` of thread `t`, hidden types aside. */
function unreadMessages(after: string, hidden: string): string {
  return `(select count(*) from message x
    where x.thread_id = t.id and x.seq > ${after} and x.deleted is null
      and x.sender_id is distinct from m.user_id
      and x.seq <= coalesce(m.muted_from, t.seq)
      and not x.seq <@ m.seen and not x.type = any(${hidden}))`;
}

/**
 * The exact count of unread messages. The stored count covers what is up to `unread_seq`, unless a message
 * was deleted since; where types are hidden from the viewer, everything after the first gap is counted.
 */
function unreadCount(hidden: string): string {
  const firstGap = "coalesce((select upper(r) - 1 from unnest(m.seen) r where lower(r) <= 1 limit 1), 0)";
  return `case
    when m.unread_epoch = t.deletions and cardinality(${hidden}) = 0
      then m.unread + ${unreadMessages("m.unread_seq", hidden)}
    else ${unreadMessages(firstGap, hidden)} end`;
}

function viewColumns(hidden: string): string {
  return `t.id, t.type, t.title, t.created, t.updated, t.seq, t.revision, t.members_revision,
    m.user_id, m.user_id is not null as is_member, ${MEMBER_COLUMNS},
    coalesce(${unreadCount(hidden)}, 0)::int8 as unread,
    case when m.unread_epoch = t.deletions then t.seq - m.unread_seq else t.seq end as unread_lag`;
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
  return view === undefined ? null : asReader({ ...view, user_id: userId });
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
  const conditions = [
    ...page.where,
    ...(before === null ? [] : [sql`t.id < ${before}`]),
    ...(after === null ? [] : [sql`t.id > ${after}`]),
  ].map((condition) => sql` and ${condition}`);
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
  text: `select user_id, state from member where thread_id = $1 order by id limit $2`,
};

/** The first members of a thread, in the order of joining. */
export async function memberIds(db: Queryable, threadId: number, limit: number): Promise<number[]> {
  return (await db.query<{ user_id: number }>(MEMBERS, [threadId, limit])).map((row) => row.user_id);
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

/** Stores a member's unread count, so that the next count reads only what is newer. */
export async function storeUnread(db: Queryable, threadId: number, userId: number): Promise<void> {
  await db.query(COUNT_UNREAD, [threadId, userId]);
}
