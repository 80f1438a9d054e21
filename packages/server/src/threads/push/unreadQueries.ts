import type { Unread, UserId } from "@colloquy/protocol";
import { unreadCount } from "../../conversation/view/viewQueries.ts";
import { type HiddenRule, ruled } from "../../conversation/view/visibility.ts";
import type { Queryable } from "../../database/database.ts";

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

function unreadOf(name: string, parameter: string, condition: string, limit = "") {
  return ruled(
    name,
    parameter,
    (rule) => `select t.id as thread, (${unreadCount(rule)})::int8 as unread, ${READ_RANGES} as read
      from member m join thread t on t.id = m.thread_id where m.user_id = $1 and ${condition} order by t.id ${limit}`,
  );
}

const UNREAD_EVERYWHERE = unreadOf("unread_everywhere", "$2", "m.notifications & 2 = 2");

/** What a user has not read, in each thread that they are told of. */
export function unreadEverywhere(db: Queryable, userId: UserId, hidden: HiddenRule): Promise<Unread[]> {
  return db.query(...UNREAD_EVERYWHERE(hidden, [userId]));
}

const UNREAD_PAGE = unreadOf("unread_page", "$4", "m.notifications & 2 = 2 and t.id > $2", "limit $3");

/** The same of so many of them, by their ids, after one. */
export function unreadPage(
  db: Queryable,
  userId: UserId,
  hidden: HiddenRule,
  { after, limit }: { after: number; limit: number },
): Promise<Unread[]> {
  return db.query(...UNREAD_PAGE(hidden, [userId, after, limit]));
}

const UNREAD_IN = unreadOf("unread_in", "$3", "m.thread_id = any($2::bigint[])");

/** What a member has not read of some threads; those in which they are no member are left out. */
export function unreadIn(
  db: Queryable,
  threadIds: readonly number[],
  userId: UserId,
  hidden: HiddenRule,
): Promise<Unread[]> {
  return db.query(...UNREAD_IN(hidden, [userId, threadIds]));
}
