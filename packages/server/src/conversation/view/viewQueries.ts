import type { UserId } from "@colloquy/protocol";
import type { Queryable, Statement } from "../../database/database.ts";
import { COUNTS, FIRST_GAP, IS_GONE, IS_NEWER, IS_READ } from "./unread.ts";
import type { ThreadView, WatcherView } from "./view.ts";
import { forQuery, type HiddenRule, ruled, visible } from "./visibility.ts";

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
const UNREAD = `m.unread - case when t.deletions > m.unread_epoch then ${counted(IS_GONE)} else 0 end
  + case when t.seq > m.unread_seq then ${counted(IS_NEWER)} else 0 end`;

/** The same where a rule may hide some from the viewer: then everything after the first gap is counted. */
export function unreadCount(rule: string | null): string {
  if (rule === null) return UNREAD;
  const shown = counted(`x.seq > ${FIRST_GAP} and x.deleted is null and ${visible(rule)}`);
  return `case when ${rule} is null then ${UNREAD} else ${shown} end`;
}

/** How thread `t` is seen by member `m`, or by nobody in particular where there is none. */
export function viewColumns(rule: string | null): string {
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

/** A thread as it is seen by somebody from whom a rule hides messages; null where there is none. */
export async function findRuledView(
  db: Queryable,
  threadId: number,
  userId: UserId,
  hidden: HiddenRule,
): Promise<ThreadView | null> {
  const [view] = await db.query<ThreadView>(...FIND(hidden, [threadId, userId]));
  return view === undefined ? null : { ...view, user_id: userId };
}

/** Of messages with these ids, those that member `m` of thread `t` has read. */
const readOf = (ids: string) =>
  `array(select x.id from message x where x.id = any(${ids}) and x.thread_id = t.id and ${IS_READ})`;

const RULED_VIEWS: Statement = {
  name: "thread_views_hiding",
  text: `select ${viewColumns("($4::jsonb -> u.id::text)")}, ${readOf("$3::bigint[]")} as read, u.id as viewer
    from unnest($2::user_ref[]) as u(id) join thread t on t.id = $1
    left join member m on m.thread_id = t.id and m.user_id = u.id`,
};

/** One thread as it is seen by several people from whom rules hide messages. */
export async function findRuledViews(
  db: Queryable,
  threadId: number,
  viewers: readonly [UserId, HiddenRule][],
  messageIds: readonly number[],
): Promise<Omit<WatcherView, "since">[]> {
  const rules = Object.fromEntries(viewers.map(([user, hidden]) => [user, forQuery(hidden)]));
  const users = viewers.map(([user]) => user);
  type Row = Omit<WatcherView, "since"> & { viewer: UserId };
  const rows = await db.query<Row>(RULED_VIEWS, [threadId, users, messageIds, JSON.stringify(rules)]);
  return rows.map(({ viewer, ...view }) => ({ ...view, user_id: viewer }));
}

/** Whose view of which thread is asked for, and what is known of it. */
export interface ViewQuery {
  thread_id: number;
  user_id: UserId;
  /** Of the member's row, and the thread's revision then; null where nothing is known. */
  version: number | null;
  revision: number | null;
  /** The newest message then, where the view counts only as long as there is no newer one. */
  seq: number | null;
}

/** A view and the version of the member's row; of who is no member it is null, and of no thread the id is. */
export interface FoundView extends Omit<WatcherView, "id" | "since"> {
  /** The place of its query. */
  n: number;
  id: number | null;
  version: number | null;
}

// Whatever writes a row of `member` gives it another `xmin`, and whatever else a view is made of moves the revision.
const CHANGED_VIEWS: Statement = {
  name: "thread_views",
  text: `select p.n, m.xmin::text::bigint as version, ${viewColumns(null)}, ${readOf("$6::bigint[]")} as read
    from unnest($1::bigint[], $2::user_ref[], $3::xid[], $4::bigint[], $5::bigint[])
      with ordinality as p(thread_id, user_id, version, revision, seq, n)
    left join thread t on t.id = p.thread_id
    left join member m on m.thread_id = p.thread_id and m.user_id = p.user_id
    where p.version is null or m.xmin is distinct from p.version or t.revision is distinct from p.revision
      or t.seq <> p.seq`,
};

/** The views that are not as they were known, with those of some messages that their viewers have read. */
export async function findChangedViews(
  db: Queryable,
  queries: readonly ViewQuery[],
  messageIds: readonly number[],
): Promise<FoundView[]> {
  const column = <Name extends keyof ViewQuery>(name: Name) => queries.map((query) => query[name]);
  const columns = [
    column("thread_id"),
    column("user_id"),
    column("version"),
    column("revision"),
    column("seq"),
  ];
  return db.query<FoundView>(CHANGED_VIEWS, [...columns, messageIds]);
}

const MEMBERS: Statement = {
  name: "thread_members",
  text: `select t.id as thread_id,
      to_jsonb(array(select user_id from member m where m.thread_id = t.id order by m.id limit $2)) as ids
    from unnest($1::bigint[]) as t(id)`,
};

/** The first members of threads, in the order of joining. */
export function memberIds(
  db: Queryable,
  threadIds: readonly number[],
  limit: number,
): Promise<{ thread_id: number; ids: UserId[] }[]> {
  return db.query(MEMBERS, [threadIds, limit]);
}

// Who is being written to by somebody else is left to the next time.
const COUNT_UNREAD: Statement = {
  name: "unread_checkpoint",
  text: `with locked as (
      select m.* from unnest($1::bigint[], $2::user_ref[]) as w(thread_id, user_id)
      join member m on m.thread_id = w.thread_id and m.user_id = w.user_id for update of m skip locked)
    update member set unread = counted.unread, unread_seq = counted.seq, unread_epoch = counted.deletions
    from (select m.thread_id, m.user_id, t.seq, t.deletions, ${UNREAD} as unread
      from locked m join thread t on t.id = m.thread_id
      where t.seq >= m.unread_seq and t.deletions >= m.unread_epoch) counted
    where member.thread_id = counted.thread_id and member.user_id = counted.user_id`,
};

/** Stores the unread counts of views, so that the next one reads only what is newer. */
export async function storeUnread(db: Queryable, views: readonly ThreadView[]): Promise<void> {
  await db.query(COUNT_UNREAD, [views.map((view) => view.id), views.map((view) => view.user_id)]);
}
