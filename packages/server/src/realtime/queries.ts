import type { Queryable, Statement } from "../database/database.ts";

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

const ONE: Statement = {
  name: "followed_one",
  text: `select * from (${FOLLOWED}) f where f.thread_id = $2`,
};

export async function followsOne(db: Queryable, userId: number, threadId: number): Promise<Followed | null> {
  const [row] = await db.query<Followed>(ONE, [userId, threadId]);
  return row ?? null;
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
  name: "member_has_left",
  text: `select exists (select from event e where e.thread_id = $2 and e.type = 'member_left'
      and (e.data ->> 'user')::bigint = $1)
    and not exists (select from member m where m.thread_id = $2 and m.user_id = $1) as yes`,
};

/** Whether somebody was a member of a thread, and is no more. */
export async function hasLeft(db: Queryable, userId: number, threadId: number): Promise<boolean> {
  const [row] = await db.query<{ yes: boolean }>(LEFT, [userId, threadId]);
  return row!.yes;
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
