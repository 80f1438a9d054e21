import sql from "sql-template-tag";
import type { Party } from "../processes/crowd.ts";
import { addPeople } from "../support/rooms.ts";
import type { Stage } from "../support/stage.ts";
import { HISTORY, PEOPLE } from "./shape.ts";

/**
 * Makes people, a thread for each circle of them, and what was said there and read before: statements that are
 * prepared on empty tables are planned for empty tables, and stay so for a while.
 */
export async function fill(stage: Stage, circles: readonly number[][]): Promise<Party["threads"]> {
  const { db, colloquy } = stage;
  await addPeople(stage, PEOPLE);
  const made = await Promise.all(circles.map(([creator]) => colloquy.threads.create({ creator: creator! })));
  const threads = made.map(({ id }, index) => ({ id, members: circles[index]! }));
  const members = threads.flatMap((thread) => thread.members.map((user) => ({ thread: thread.id, user })));
  await db.query(sql`insert into member (thread_id, user_id, permissions, notifications)
    select thread, "user", 19, 3
    from jsonb_to_recordset(${JSON.stringify(members)}::jsonb) as m (thread bigint, "user" bigint)
    on conflict do nothing`);
  await db.query(sql`with said as (
      insert into message (thread_id, seq, sender_id, type, text)
      select t.id, n, (select min(user_id) from member where thread_id = t.id), 'message', repeat('so it went ', 18)
      from thread t, generate_series(1, ${HISTORY}::int) n
      returning id, thread_id, seq
    )
    insert into event (thread_id, seq, type, data)
    select said.thread_id, t.event_seq + said.seq, 'message_created',
      jsonb_build_object('thread', said.thread_id, 'message', said.id)
    from said join thread t on t.id = said.thread_id`);
  await db.query(sql`update thread set seq = ${HISTORY}, event_seq = event_seq + ${HISTORY}::int,
    members_revision = members_revision + 1`);
  await db.query(sql`update member set seen = int8multirange(int8range(1, ${HISTORY}::int + 1)),
    unread_seq = ${HISTORY}`);
  await db.query(sql`analyze`);
  return threads;
}
