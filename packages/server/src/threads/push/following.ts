import type { UserId } from "@colloquy/protocol";
import type { Queryable, Statement } from "../../database/database.ts";
import type { Bookmark, Followed } from "../../realtime/bookmark.ts";

/** A thread that a user follows: as a member, or (`subscribed`) from outside. */
interface Following {
  thread_id: number;
  event_seq: number;
  subscribed: boolean;
}

/** The threads whose pushes a user (`$1`) gets. */
const FOLLOWED = `
  select t.id as thread_id, t.event_seq, false as subscribed from member m join thread t on t.id = m.thread_id
  where m.user_id = $1 and m.notifications & 2 = 2
  union all
  select t.id, t.event_seq, true from thread_subscription s join thread t on t.id = s.thread_id
  where s.user_id = $1 and not exists (select from member m where m.thread_id = t.id and m.user_id = $1)`;

const FOLLOWERS: Statement = {
  name: "thread_followers",
  text: `select u.id as user_id, t.event_seq from unnest($2::user_ref[]) as u(id) join thread t on t.id = $1
    left join member m on m.thread_id = t.id and m.user_id = u.id
    where case when m.user_id is not null then m.notifications & 2 = 2 else exists (
      select from thread_subscription s where s.thread_id = t.id and s.user_id = u.id) end`,
};

/** Those of some users who get the pushes of a thread, and how many events it has. */
export function followersOf(
  db: Queryable,
  threadId: number,
  userIds: readonly UserId[],
): Promise<{ user_id: UserId; event_seq: number }[]> {
  return db.query(FOLLOWERS, [threadId, userIds]);
}

const ALL: Statement = {
  name: "followed",
  text: FOLLOWED,
};

/** All threads that a user follows. */
export function followedBy(db: Queryable, userId: UserId): Promise<Following[]> {
  return db.query<Following>(ALL, [userId]);
}

const PARTED: Statement = {
  name: "members_left",
  text: `select u.id from unnest($2::user_ref[]) as u(id)
    where exists (select from event e where e.thread_id = $1 and e.type = 'member_left'
        and (e.data ->> 'user')::user_ref = u.id)
      and not exists (select from member m where m.thread_id = $1 and m.user_id = u.id)`,
};

/** Those of some users who were members of a thread, and are no more. */
export async function havingLeft(
  db: Queryable,
  threadId: number,
  userIds: readonly UserId[],
): Promise<UserId[]> {
  const rows = await db.query<{ id: UserId }>(PARTED, [threadId, userIds]);
  return rows.map(({ id }) => id);
}

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
        and (e.data ->> 'user')::user_ref = $1) j on true
    order by f.thread_id`,
};

/** The threads that a user follows now, by their ids, and how far a bookmark says that they know them. */
export function followedSince(
  db: Queryable,
  user: UserId,
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
    where e.type = 'member_joined' and (e.data ->> 'user')::user_ref = $1 group by p.thread`,
};

/** In which of some threads a user has joined after a position there, by the thread: the event of the last time. */
export async function joinedSince(
  db: Queryable,
  user: UserId,
  threads: readonly { thread: number; after: number }[],
): Promise<Map<number, number>> {
  const columns = [threads.map(({ thread }) => thread), threads.map(({ after }) => after)];
  const rows = await db.query<{ thread: number; seq: number }>(JOINED, [user, ...columns]);
  return new Map(rows.map(({ thread, seq }) => [thread, seq]));
}

// Whoever was told of what came after their leaving has been told of that, too.
const LEFT: Statement = {
  name: "missed_leaving",
  text: `select distinct e.thread_id as thread from event e
    where e.type = 'member_left' and (e.data ->> 'user')::user_ref = $1 and e.xid >= $2::xid8
      and not exists (select from jsonb_to_recordset($3::jsonb) as v(thread bigint, seq bigint)
        where v.thread = e.thread_id and v.seq >= e.seq)
    order by thread`,
};

/** Threads that a user left, or was taken out of, since a bookmark; they may be back by now. */
export async function leftSince(
  db: Queryable,
  user: UserId,
  { base, threads }: Pick<Bookmark, "base" | "threads">,
): Promise<number[]> {
  const rows = await db.query<{ thread: number }>(LEFT, [user, base, pairs(threads)]);
  return rows.map(({ thread }) => thread);
}

const SUBSCRIBE: Statement = {
  name: "thread_subscribe",
  text: `with before as (select thread_id from thread_subscription where user_id = $1)
    insert into thread_subscription (user_id, thread_id) values ($1, $2)
    on conflict (user_id) do update set thread_id = excluded.thread_id, created = now()
    returning (select thread_id from before) as replaced`,
};

/** Follows a foreign thread; answers the one that this replaces. */
export async function subscribe(db: Queryable, userId: UserId, threadId: number): Promise<number | null> {
  const [row] = await db.query<{ replaced: number | null }>(SUBSCRIBE, [userId, threadId]);
  return row!.replaced;
}
