import type { Queryable, Statement } from "../../database/database.ts";

/** A thread that a user follows, and how many events it had then. */
export interface Followed {
  thread_id: number;
  event_seq: number;
  subscribed: boolean;
}

/** The threads whose pushes a user (`$1`) gets. */
export const FOLLOWED = `
  select t.id as thread_id, t.event_seq, false as subscribed from member m join thread t on t.id = m.thread_id
  where m.user_id = $1 and m.notifications & 2 = 2
  union all
  select t.id, t.event_seq, true from thread_subscription s join thread t on t.id = s.thread_id
  where s.user_id = $1 and not exists (select from member m where m.thread_id = t.id and m.user_id = $1)`;

const FOLLOWERS: Statement = {
  name: "thread_followers",
  text: `select u.id as user_id, t.event_seq from unnest($2::bigint[]) as u(id) join thread t on t.id = $1
    left join member m on m.thread_id = t.id and m.user_id = u.id
    where case when m.user_id is not null then m.notifications & 2 = 2 else exists (
      select from thread_subscription s where s.thread_id = t.id and s.user_id = u.id) end`,
};

/** Those of some users who get the pushes of a thread, and how many events it has. */
export function followersOf(
  db: Queryable,
  threadId: number,
  userIds: readonly number[],
): Promise<{ user_id: number; event_seq: number }[]> {
  return db.query(FOLLOWERS, [threadId, userIds]);
}

const ALL: Statement = {
  name: "followed",
  text: FOLLOWED,
};

/** All threads that a user follows. */
export function followedBy(db: Queryable, userId: number): Promise<Followed[]> {
  return db.query<Followed>(ALL, [userId]);
}

const LEFT: Statement = {
  name: "members_left",
  text: `select u.id from unnest($2::bigint[]) as u(id)
    where exists (select from event e where e.thread_id = $1 and e.type = 'member_left'
        and (e.data ->> 'user')::bigint = u.id)
      and not exists (select from member m where m.thread_id = $1 and m.user_id = u.id)`,
};

/** Those of some users who were members of a thread, and are no more. */
export async function havingLeft(
  db: Queryable,
  threadId: number,
  userIds: readonly number[],
): Promise<number[]> {
  const rows = await db.query<{ id: number }>(LEFT, [threadId, userIds]);
  return rows.map(({ id }) => id);
}

const SUBSCRIBE: Statement = {
  name: "thread_subscribe",
  text: `with before as (select thread_id from thread_subscription where user_id = $1)
    insert into thread_subscription (user_id, thread_id) values ($1, $2)
    on conflict (user_id) do update set thread_id = excluded.thread_id, created = now()
    returning (select thread_id from before) as replaced`,
};

/** Follows a foreign thread; answers the one that this replaces. */
export async function subscribe(db: Queryable, userId: number, threadId: number): Promise<number | null> {
  const [row] = await db.query<{ replaced: number | null }>(SUBSCRIBE, [userId, threadId]);
  return row!.replaced;
}
