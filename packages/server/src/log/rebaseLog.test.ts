import sql from "sql-template-tag";
import { expect, test } from "vitest";
import { freshDatabase } from "../../../../tests/support/database.ts";
import { person } from "../../../../tests/support/people.ts";
import { startServer, type TestServer } from "../../../../tests/support/server.ts";
import type { Database } from "../database/database.ts";
import { rebaseLog } from "./rebaseLog.ts";

const WRITER = person(2);
const READER = person(3);

/** As a database is that was restored from the dump of a server which had written so much more. */
async function restoreFromBusyServer(db: Database): Promise<void> {
  const moved = "set xid = (xid::text::bigint + 1000000)::text::xid8";
  for (const table of ["event", "event_horizon", "event_reader"])
    await db.query({ name: `test_move_${table}`, text: `update ${table} ${moved}` });
}

async function token(server: TestServer): Promise<string> {
  return (await server.as(READER).get("/sync?since=none")).body.event;
}

async function missed(server: TestServer, since: string) {
  const { body } = await server.as(READER).get(`/sync?since=${encodeURIComponent(since)}`);
  return {
    resync: body.resync,
    texts: body.events.flatMap(({ data }: { data: { text?: string } }) => data.text ?? []),
  };
}

test("after a restore from a busier server clients resume, and the host hears all that it has not had", async () => {
  const database = await freshDatabase();
  const before = await startServer({}, { database });
  const { id } = await before.colloquy.threads.create({ creator: WRITER });
  await before.colloquy.members.add(id, READER);
  const post = (server: TestServer, text: string) =>
    server.as(WRITER).post(`/threads/${id}/messages`, { text });
  await post(before, "heard");
  const [position] = await database.query<{ xid: string; id: number }>(
    sql`select xid::text as xid, id from event order by xid desc, id desc limit 1`,
  );
  await database.query(
    sql`insert into event_reader (name, xid, id) values ('host', ${position!.xid}::xid8, ${position!.id})`,
  );
  for (const text of ["not heard", "nor this"]) await post(before, text);
  await before.close();
  await restoreFromBusyServer(database);

  const heard: unknown[] = [];
  const on = { message_created: ({ data }: { data: { message: number } }) => void heard.push(data.message) };
  const after = await startServer({ on }, { database });
  const ids = new Map<string, number>();
  const list = async () => {
    const { body } = await after.as(READER).get(`/threads/${id}/messages`);
    for (const message of body.results) ids.set(message.text, message.id);
  };
  await list();
  const since = await token(after);
  await post(after, "afterwards");
  await list();
  expect(await missed(after, since)).toEqual({ resync: false, texts: ["afterwards"] });
  await expect
    .poll(() => heard)
    .toEqual(["not heard", "nor this", "afterwards"].map((text) => ids.get(text)));
});

test("a log of this server is left as it is", async () => {
  const server = await startServer();
  const { db } = server.colloquy;
  const { id } = await server.colloquy.threads.create({ creator: WRITER });
  await server.as(WRITER).post(`/threads/${id}/messages`, { text: "Hello" });
  // A reader who begins now.
  await db.query(
    sql`insert into event_reader (name, xid, id) select 'new', pg_snapshot_xmax(pg_current_snapshot()), 0`,
  );
  const log = () =>
    db.query(sql`select xid::text, id from event union all select xid::text, 0 from event_horizon
      union all select xid::text, id from event_reader order by 1, 2`);
  const found = await log();
  await rebaseLog(db, { schema: "colloquy" });
  expect(await log()).toEqual(found);
});

test("a token of before is void where the database was restored in its place", async () => {
  const server = await startServer();
  const { db } = server.colloquy;
  const { id } = await server.colloquy.threads.create({ creator: WRITER });
  await server.colloquy.members.add(id, READER);
  const since = await token(server);
  await server.as(WRITER).post(`/threads/${id}/messages`, { text: "Hello" });
  expect(await missed(server, since)).toEqual({ resync: false, texts: ["Hello"] });
  // What `pg_restore --clean` does: the table is another.
  await db.query(sql`create table restored (like event including all)`);
  await db.query(sql`insert into restored overriding system value select * from event`);
  await db.query(sql`drop table event`);
  await db.query(sql`alter table restored rename to event`);
  expect(await missed(server, since)).toEqual({ resync: true, texts: [] });
});
