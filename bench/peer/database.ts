import type { Client } from "pg";
import { HISTORY } from "../load/shape.ts";

/** The tables that the peer keeps its threads in. */
const TABLES = `
  create table thread (id integer primary key, seq bigint not null default 0);
  create table member (
    thread_id integer not null references thread, user_id integer not null, unread integer not null default 0,
    primary key (thread_id, user_id)
  );
  create index member_user on member (user_id);
  create table message (
    id bigint generated always as identity primary key, thread_id integer not null references thread,
    seq bigint not null, sender_id integer not null, client_id uuid not null, text text not null,
    created timestamptz not null default now(),
    unique (thread_id, seq), unique (thread_id, sender_id, client_id)
  );`;

/** Makes the peer's tables, with threads of these members, whose ids are 1 and on, and what was said there before. */
export async function fillPeer(client: Client, circles: readonly number[][]): Promise<void> {
  await client.query(TABLES);
  await client.query("insert into thread (id) select generate_series(1, $1::int)", [circles.length]);
  const members = circles.flatMap((users, index) => users.map((user) => ({ thread: index + 1, user })));
  await client.query(
    `insert into member (thread_id, user_id)
    select thread, "user" from jsonb_to_recordset($1::jsonb) as m (thread integer, "user" integer)`,
    [JSON.stringify(members)],
  );
  await client.query(
    `insert into message (thread_id, seq, sender_id, client_id, text)
    select t.id, n, (select min(user_id) from member where thread_id = t.id), gen_random_uuid(), repeat('so it went ', 18)
    from thread t, generate_series(1, $1::int) n`,
    [HISTORY],
  );
  await client.query("update thread set seq = $1", [HISTORY]);
  await client.query("analyze");
}
