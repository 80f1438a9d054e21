import type { Unread } from "@colloquy/protocol";
import sql, { raw, type Sql } from "sql-template-tag";
import type { Queryable, Statement } from "../database/database.ts";
import { keyset } from "../http/index.ts";
import { COUNTS, FIRST_GAP, IS_GONE, IS_NEWER, IS_READ } from "../messages/unread.ts";
import { forQuery, type HiddenRule, ruled, visible } from "../messages/visibility.ts";
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

/** How many messages count for member `m` of thread `t`. */
function counted(condition: string): string {
  return `(select count(*) from message x where x.thread_id = t.id and ${condition} and ${COUNTS})`;
}

/** The exact count of unread messages: the stored one, less what was deleted since, plus what came since. */
const UNREAD = `m.unread - ${counted(IS_GONE)} + ${counted(IS_NEWER)}`;

/** The same where a rule may hide some from the viewer: then everything after the first gap is counted. */
function unreadCount(rule: string | null): string {
  if (rule === null) return UNREAD;
  const shown = counted(`x.seq > ${FIRST_GAP} and x.deleted is null and ${visible(rule)}`);
  return `case when ${rule} is null then ${UNREAD} else ${shown} end`;
}

function viewColumns(rule: string | null): string {
  return `t.id, t.type, t.title, t.created, t.updated, t.seq, t.revision, t.members_revision,
    m.user_id, m.user_id is not null as is_member, ${MEMBER_COLUMNS},
    coalesce(${unreadCount(rule)}, 0)::int8 as unread,
    t.seq - m.unread_seq + t.deletions - m.unread_epoch as unread_lag`;
}

const FIND = ruled(
  "thread_view",
  "$3",
  (rule) => `select ${viewColumns(rule)} from thread t
    left join member m on m.thread_id = t.id and m.user_id = $2
    where t.id = $1`,
);

/** A thread as a user sees it, as a reader where they are no member; null where there is none. */
export async function findThread(
  db: Queryable,
  threadId: number,
  userId: number,
  hidden: HiddenRule,
): Promise<ThreadView | null> {
  const [view] = await db.query<ThreadView>(...FIND(hidden, [threadId, userId]));
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
  hidden: HiddenRule,
  page: ThreadPage,
): Promise<ThreadView[]> {
  const { before, after } = page;
  const conditions = [...page.where, ...keyset("t.id", page)].map((condition) => sql` and ${condition}`);
  const keyed = after !== null ? raw("t.id") : before !== null ? raw("t.id desc") : null;
  return db.query<ThreadView>(sql`
    select ${raw(viewColumns(hidden.length === 0 ? null : "hidden.rule"))}
    from member m join thread t on t.id = m.thread_id, (select ${JSON.stringify(forQuery(hidden))}::jsonb as rule) hidden
    where m.user_id = ${userId} and t.type = ${type}${join(conditions)}
    order by ${page.order ?? keyed ?? raw("t.updated desc, t.id desc")}
    limit ${page.limit} offset ${page.offset}`);
}

function join(parts: Sql[]): Sql {
  return parts.reduce((all, part) => sql`${all}${part}`, sql``);
}

const VIEWS = (rule: string | null) => `select ${viewColumns(rule)},
      array(select x.id from message x where x.id = any($3::bigint[]) and ${IS_READ}) as read
    from thread t
    cross join jsonb_to_recordset($2::jsonb) as v(user_id bigint, hidden jsonb)
    join member m on m.thread_id = t.id and m.user_id = v.user_id
    where t.id = $1`;
const VIEWS_OPEN: Statement = { name: "thread_views", text: VIEWS(null) };
const VIEWS_HIDING: Statement = { name: "thread_views_hiding", text: VIEWS("v.hidden") };

/** A thread as one sees it, with those of some messages that they have read. */
export interface WatcherView extends ThreadView {
  read: readonly number[];
}

/** One thread as several of its members see it; who is no member is left out. */
export function findViews(
  db: Queryable,
  threadId: number,
  viewers: readonly { user_id: number; hidden: HiddenRule }[],
  messageIds: readonly number[],
): Promise<WatcherView[]> {
  const asked = viewers.map(({ user_id, hidden }) => ({
    user_id,
    hidden: hidden.length === 0 ? null : forQuery(hidden),
  }));
  const statement = asked.every(({ hidden }) => hidden === null) ? VIEWS_OPEN : VIEWS_HIDING;
  return db.query<WatcherView>(statement, [threadId, JSON.stringify(asked), messageIds]);
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
    from (select m.thread_id, m.user_id, t.seq, t.deletions, ${UNREAD} as unread
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

/** Gaps in what was read, above which they are not told one by one. */
const MOST_GAPS = 100;

/** From which message to which member `m` has read all of thread `t`. */
const READ_RANGES = `case when (select count(*) from unnest(m.seen)) <= ${MOST_GAPS} then (
    select coalesce(jsonb_agg(jsonb_build_array(a.id, b.id) order by a.id), '[]') from unnest(m.seen) r
      cross join lateral (select x.id, x.seq from message x where x.thread_id = t.id and x.seq >= lower(r)
        order by x.seq limit 1) a
      cross join lateral (select x.id, x.seq from message x where x.thread_id = t.id and x.seq < upper(r)
        order by x.seq desc limit 1) b
      where a.seq <= b.seq) end`;

function unreadOf(name: string, parameter: string, condition: string) {
  return ruled(
    name,
    parameter,
    (rule) => `select t.id as thread, (${unreadCount(rule)})::int8 as unread, ${READ_RANGES} as read
      from member m join thread t on t.id = m.thread_id where m.user_id = $1 and ${condition} order by t.id`,
  );
}

const UNREAD_EVERYWHERE = unreadOf("unread_everywhere", "$2", "m.notifications & 2 = 2");

/** What a user has not read, in each thread that they are told of. */
export function unreadEverywhere(db: Queryable, userId: number, hidden: HiddenRule): Promise<Unread[]> {
  return db.query(...UNREAD_EVERYWHERE(hidden, [userId]));
}

const UNREAD_IN = unreadOf("unread_in", "$3", "m.thread_id = $2");

/** What a member has not read of a thread; null for who is no member. */
export async function unreadIn(
  db: Queryable,
  threadId: number,
  userId: number,
  hidden: HiddenRule,
): Promise<Unread | null> {
  const [unread] = await db.query<Unread>(...UNREAD_IN(hidden, [userId, threadId]));
  return unread ?? null;
}
